"""Atomic numbers, references and flags, and reference counts that saturate (kernel: atomic64_t, bitops, refcount_t).

    served = Atomic()                         threads: served.inc(); reader: served.read()
    users = Refcount(1)                       users.inc() ... if users.dec_and_test(): free()

Other threads, signal handlers and finalizers see each operation as a single step. The compiled build uses no lock for
that, on free-threaded interpreters either; the pure build has one re-entrant lock for all operations. Numbers have 64
bits and wrap around. Operations that return something, and bit operations that test, are full barriers; `read` and
`set` order nothing; `read_acquire` orders later accesses after itself, and `set_release` earlier accesses before
itself.

Cost: 20 to 40 ns for an operation in the compiled build, about ten times that in the pure build.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lockdep import assertions, fastpath, runtime

if TYPE_CHECKING:
    from primitives import _atomic as core
else:
    core = fastpath.load("primitives._atomic")

__all__ = ["Atomic", "AtomicFlags", "AtomicRef", "Refcount", "smp_mb", "smp_rmb", "smp_wmb"]

AtomicRef = core.AtomicRef
smp_mb: Callable[[], None] = core.smp_mb
smp_rmb: Callable[[], None] = core.smp_rmb
smp_wmb: Callable[[], None] = core.smp_wmb


class Atomic(core.Atomic):
    """A number that threads change without a lock."""

    __slots__ = ()

    def sub(self, number: int) -> None:
        """Subtract `number`."""
        self.fetch_sub(number)

    def fetch_sub(self, number: int) -> int:
        """Subtract `number`; return the old value."""
        return self.fetch_add(-number)

    def fetch_inc(self) -> int:
        """Add one; return the old value."""
        return self.fetch_add(1)

    def fetch_dec(self) -> int:
        """Subtract one; return the old value."""
        return self.fetch_add(-1)

    def sub_return(self, number: int) -> int:
        """Subtract `number`; return the new value."""
        return self.add_return(-number)

    def inc_return(self) -> int:
        """Add one; return the new value."""
        return self.add_return(1)

    def dec_return(self) -> int:
        """Subtract one; return the new value."""
        return self.add_return(-1)

    def sub_and_test(self, number: int) -> bool:
        """Subtract `number`; return whether the new value is zero."""
        return self.add_return(-number) == 0

    def inc_and_test(self) -> bool:
        """Add one; return whether the new value is zero."""
        return self.add_return(1) == 0

    def dec_and_test(self) -> bool:
        """Subtract one; return whether the new value is zero."""
        return self.add_return(-1) == 0

    def add_negative(self, number: int) -> bool:
        """Add `number`; return whether the new value is negative."""
        return self.add_return(number) < 0

    def fetch_add_unless(self, number: int, forbidden: int) -> int:
        """Add `number` unless the value is `forbidden`; return the old value."""
        old = self.read()
        while old != forbidden:
            seen = self.cmpxchg(old, wrapped(old + number))
            if seen == old:
                break
            old = seen
        return old

    def add_unless(self, number: int, forbidden: int) -> bool:
        """Add `number` unless the value is `forbidden`; return whether it was added."""
        return self.fetch_add_unless(number, forbidden) != forbidden

    def inc_not_zero(self) -> bool:
        """Add one unless the value is zero; return whether it was added."""
        return self.fetch_add_unless(1, 0) != 0

    def inc_unless_negative(self) -> bool:
        """Add one unless the value is negative; return whether it was added."""
        return self._add_if(1, lambda old: old >= 0) >= 0

    def dec_unless_positive(self) -> bool:
        """Subtract one unless the value is positive; return whether it was subtracted."""
        return self._add_if(-1, lambda old: old <= 0) <= 0

    def dec_if_positive(self) -> int:
        """Subtract one if the result is not negative; return the old value minus one, whether or not it was stored."""
        return self._add_if(-1, lambda old: old > 0) - 1

    def and_(self, number: int) -> None:
        """Clear the bits that are not set in `number`."""
        self.fetch_and(number)

    def or_(self, number: int) -> None:
        """Set the bits that are set in `number`."""
        self.fetch_or(number)

    def xor(self, number: int) -> None:
        """Invert the bits that are set in `number`."""
        self.fetch_xor(number)

    def andnot(self, number: int) -> None:
        """Clear the bits that are set in `number`."""
        self.fetch_and(~number)

    def fetch_andnot(self, number: int) -> int:
        """Clear the bits that are set in `number`; return the old value."""
        return self.fetch_and(~number)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.read()})"

    def _add_if(self, number: int, condition: Any) -> int:
        old = self.read()
        while condition(old):
            seen = self.cmpxchg(old, wrapped(old + number))
            if seen == old:
                break
            old = seen
        return old


def wrapped(number: int) -> int:
    """Return a number wrapped around to 64 bits, signed."""
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


class AtomicFlags(core.AtomicFlags):
    """`size` bits, each of which threads set, clear and test without a lock."""

    __slots__ = ()

    def test_and_set_bit_lock(self, nr: int) -> bool:
        """Set bit `nr`, which serves as a lock.

        Returns whether it was set before, that is whether another thread has the lock.
        """
        return self.test_and_set_bit(nr)

    def clear_bit_unlock(self, nr: int) -> None:
        """Clear bit `nr`, which serves as a lock."""
        self.clear_bit(nr)

    def find_first_bit(self) -> int:
        """Return the number of the lowest bit that is set, or `size` if none is."""
        bits = self.read()
        return (bits & -bits).bit_length() - 1 if bits else self.size

    def find_first_zero_bit(self) -> int:
        """Return the number of the lowest bit that is clear, or `size` if none is."""
        bits = self.read()
        return min(self.size, (~bits & (bits + 1)).bit_length() - 1)

    def weight(self) -> int:
        """Return how many bits are set."""
        return self.read().bit_count()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.read():#0{(self.size + 3) // 4 + 2}x})"


class Refcount:
    """A count of references that prefers a leak to freeing an object in use (kernel: refcount_t).

    A count above MAX, or one that is changed after it was zero, saturates: it stays SATURATED for good, so the object
    is never freed by it. Each kind of misuse is reported.
    """

    __slots__ = ("_count",)
    MAX = (1 << 31) - 1
    SATURATED = -(1 << 30)

    def __init__(self, value: int = 1) -> None:
        self._count = Atomic(value)

    def read(self) -> int:
        """Return the count."""
        return self._count.read()

    def set(self, value: int) -> None:
        """Set the count. Only before other threads can see the object."""
        self._count.set(value)

    def inc(self) -> None:
        """Take one more reference. The caller must have one already."""
        self.add(1)

    def add(self, number: int) -> None:
        """Take `number` more references. The caller must have one already."""
        old = self._count.fetch_add(number)
        if old == 0:
            self._saturate("refcount_t: addition on 0; use-after-free.")
        elif not 0 < old <= self.MAX - number:
            self._saturate("refcount_t: saturated; leaking memory.")

    def inc_not_zero(self) -> bool:
        """Take one more reference unless there is none; return whether it was taken."""
        return self.add_not_zero(1)

    def add_not_zero(self, number: int) -> bool:
        """Take `number` more references unless there is none; return whether they were taken."""
        old = self._count.fetch_add_unless(number, 0)
        if not 0 <= old <= self.MAX - number:
            self._saturate("refcount_t: saturated; leaking memory.")
        return old != 0

    def dec(self) -> None:
        """Give one reference back that is not the last."""
        if self._count.fetch_dec() <= 1:
            self._saturate("refcount_t: decrement hit 0; leaking memory.")

    def dec_and_test(self) -> bool:
        """Give one reference back; return whether it was the last, so that the caller must free the object."""
        return self.sub_and_test(1)

    def sub_and_test(self, number: int) -> bool:
        """Give `number` references back; return whether they were the last."""
        old = self._count.fetch_sub(number)
        if old == number:
            return True
        if old < number:
            self._saturate("refcount_t: underflow; use-after-free.")
        return False

    def dec_if_one(self) -> bool:
        """Give one reference back if it is the last; return whether it was."""
        return self._count.cmpxchg(1, 0) == 1

    def dec_not_one(self) -> bool:
        """Give one reference back unless it is the last; return whether it was given back."""
        old = self._count.read()
        while old != 1:
            if not 0 < old <= self.MAX:
                self._saturate("refcount_t: underflow; use-after-free.")
                return True
            seen = self._count.cmpxchg(old, old - 1)
            if seen == old:
                return True
            old = seen
        return False

    def dec_and_lock(self, lock: Any) -> bool:
        """Give one reference back. If it was the last, return True with `lock` taken, else False without it."""
        if self.dec_not_one():
            return False
        lock.acquire()
        if self.dec_and_test():
            return True
        lock.release()
        return False

    def __repr__(self) -> str:
        return f"Refcount({self.read()})"

    def _saturate(self, message: str) -> None:
        self._count.set(self.SATURATED)
        if assertions.tracked():
            runtime.validator().misused(message, "the count stays saturated, and the object is never freed")
