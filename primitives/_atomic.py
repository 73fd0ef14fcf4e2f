"""Atomic numbers, references and bits, and the fences between them (kernel: atomic_t, bitops).

One source, two builds: this file runs as it is, and is compiled by Cython with the types of _atomic.pxd. Compiled, each
operation is one atomic instruction where threads run at the same time, and plain arithmetic where the GIL already
makes it atomic. Pure, all operations share one re-entrant raw lock, and what is done under it is straight-line code:
no call, so no signal handler can come between the reading and the writing of one thread. No finalizer runs under it:
what is replaced is dropped after.

Numbers have 64 bits and wrap, in both builds. An operation that returns something orders what is before and after it,
as in the kernel; `read` and `set` order nothing by themselves.
"""

from __future__ import annotations

import _thread
import os
import sys
from types import GenericAlias

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

COMPILED = cython.compiled
WORD = 64
THREADS_AT_ONCE = not getattr(sys, "_is_gil_enabled", lambda: True)()

if not cython.compiled:
    HALF = 1 << 63
    MASK = (1 << 64) - 1
    _lock = _thread.RLock()
    # held by another thread in the moment of a fork, it would never be free in the child
    os.register_at_fork(after_in_child=_lock._at_fork_reinit)

    def fits(number):
        """Refuse what the compiled build refuses: a number that has no place in 64 bits."""
        if not -HALF <= number < HALF:
            raise OverflowError("Python int too large to convert to C long")


class Atomic:
    """A number that threads change without a lock (kernel: atomic64_t)."""

    __slots__ = ("value",)

    def __init__(self, value=0):
        self.set(value)

    def read(self):
        """Return the value."""
        if cython.compiled:
            return pa_read(cython.address(self.value))
        return self.value

    def set(self, value):
        """Store a value."""
        if cython.compiled:
            pa_set(cython.address(self.value), value)
        else:
            fits(value)
            self.value = value

    def read_acquire(self):
        """Return the value; what follows is not done before."""
        if cython.compiled:
            return pa_acquire(cython.address(self.value))
        with _lock:
            return self.value

    def set_release(self, value):
        """Store a value, after all that was done before."""
        if cython.compiled:
            pa_release(cython.address(self.value), value)
        else:
            fits(value)
            with _lock:
                self.value = value

    def xchg(self, new):
        """Store a value, return the one that was there."""
        if cython.compiled:
            return pa_xchg(cython.address(self.value), new)
        fits(new)
        with _lock:
            old = self.value
            self.value = new
        return old

    def cmpxchg(self, old, new):
        """Store `new` if the value is `old`; return the value that was there."""
        if cython.compiled:
            return pa_cmpxchg(cython.address(self.value), old, new)
        fits(new)
        with _lock:
            seen = self.value
            if seen == old:
                self.value = new
        return seen

    def fetch_add(self, number):
        """Add, return the value before."""
        if cython.compiled:
            return pa_add(cython.address(self.value), number)
        fits(number)
        with _lock:
            old = self.value
            self.value = ((old + number + HALF) & MASK) - HALF
        return old

    def fetch_and(self, number):
        """Keep the bits of `number` alone, return the value before."""
        if cython.compiled:
            return pa_and(cython.address(self.value), number)
        fits(number)
        with _lock:
            old = self.value
            self.value = old & number
        return old

    def fetch_or(self, number):
        """Set the bits of `number`, return the value before."""
        if cython.compiled:
            return pa_or(cython.address(self.value), number)
        fits(number)
        with _lock:
            old = self.value
            self.value = old | number
        return old

    def fetch_xor(self, number):
        """Turn the bits of `number` over, return the value before."""
        if cython.compiled:
            return pa_xor(cython.address(self.value), number)
        fits(number)
        with _lock:
            old = self.value
            self.value = old ^ number
        return old

    def add_return(self, number):
        """Add, return the value after."""
        if cython.compiled:
            return pa_sum(pa_add(cython.address(self.value), number), number)
        return ((self.fetch_add(number) + number + HALF) & MASK) - HALF

    def add(self, number):
        """Add."""
        self.fetch_add(number)

    def inc(self):
        """Add one."""
        self.fetch_add(1)

    def dec(self):
        """Subtract one."""
        self.fetch_add(-1)

    def try_cmpxchg(self, old, new):
        """Store `new` if the value is `old`; return whether it was, and the value that was there."""
        seen = self.cmpxchg(old, new)
        return seen == old, seen


class AtomicRef:
    """A reference that threads replace without a lock. Compared by identity."""

    __slots__ = ("__weakref__", "value")

    def __init__(self, value=None):
        self.set(value)

    def read(self):
        """Return what it refers to. What that was made of is seen, too."""
        if cython.compiled:
            return pa_get(pa_slot(self))
        return self.value

    def set(self, value):
        """Refer to something else, after all that was done before."""
        if cython.compiled:
            pa_swap(pa_slot(self), value)
        else:
            self.xchg(value)

    def xchg(self, new):
        """Refer to something else, return what was there."""
        if cython.compiled:
            return pa_swap(pa_slot(self), new)
        with _lock:
            old = getattr(self, "value", None)
            self.value = new
        return old

    def try_cmpxchg(self, old, new):
        """Refer to `new` if it refers to `old`; return whether it did, and what was there."""
        if cython.compiled:
            while not pa_replace(pa_slot(self), old, new):
                seen = pa_get(pa_slot(self))
                if seen is not old:
                    return False, seen
            return True, old
        with _lock:
            seen = self.value
            if seen is old:
                self.value = new
        return seen is old, seen

    def cmpxchg(self, old, new):
        """Refer to `new` if it refers to `old`; return what was there."""
        return self.try_cmpxchg(old, new)[1]

    @classmethod
    def __class_getitem__(cls, kind):
        return GenericAlias(cls, kind)


class AtomicFlags:
    """`size` bits that threads set and clear without a lock (kernel: unsigned long flags[], set_bit and kin)."""

    __slots__ = ("bits", "size")

    def __cinit__(self, size=WORD):
        if size < 1:
            raise ValueError("there must be at least one bit")
        self.size = size
        self.bits = pa_words(size)

    def __dealloc__(self):
        pa_free(self.bits)

    def word(self, nr):
        """Return where the bit is kept; IndexError if there is none of this number."""
        if cython.compiled:
            if nr < 0 or nr >= self.size:
                raise IndexError(f"bit {nr} of {self.size}")
            return cython.address(self.bits[nr // WORD])

    def test_bit(self, nr):
        """Return whether a bit is set."""
        if cython.compiled:
            return pa_acquire(self.word(nr)) & pa_bit(nr) != 0
        return self.change(nr, 0, 0)

    def test_and_set_bit(self, nr):
        """Set a bit, return whether it was."""
        if cython.compiled:
            return pa_or(self.word(nr), pa_bit(nr)) & pa_bit(nr) != 0
        return self.change(nr, 1, 0)

    def test_and_clear_bit(self, nr):
        """Clear a bit, return whether it was set."""
        if cython.compiled:
            return pa_and(self.word(nr), pa_not(pa_bit(nr))) & pa_bit(nr) != 0
        return self.change(nr, 1, 1)

    def test_and_change_bit(self, nr):
        """Turn a bit over, return whether it was set."""
        if cython.compiled:
            return pa_xor(self.word(nr), pa_bit(nr)) & pa_bit(nr) != 0
        return self.change(nr, 0, 1)

    def set_bit(self, nr):
        """Set a bit."""
        self.test_and_set_bit(nr)

    def clear_bit(self, nr):
        """Clear a bit."""
        self.test_and_clear_bit(nr)

    def change_bit(self, nr):
        """Turn a bit over."""
        self.test_and_change_bit(nr)

    def read(self):
        """Return all bits as one number. Of more than 64 it is no single moment's picture."""
        if cython.compiled:
            value = 0
            for at in range((self.size - 1) // WORD, -1, -1):
                word = pa_acquire(cython.address(self.bits[at]))
                value = value << 32 << 32 | pa_unsigned(word)
            return value
        return self.bits


if not cython.compiled:

    def _init(flags, size=WORD):
        if size < 1:
            raise ValueError("there must be at least one bit")
        flags.size = size
        flags.bits = 0

    def _change(flags, nr, either, flip):
        """Set a bit (either), clear it (both), turn it over (flip) or leave it; return whether it was set."""
        if not 0 <= nr < flags.size:
            raise IndexError(f"bit {nr} of {flags.size}")
        bit = 1 << nr
        with _lock:
            old = flags.bits
            new = old | bit if either else old
            flags.bits = new ^ bit if flip else new
        return old & bit != 0

    AtomicFlags.__init__ = _init
    AtomicFlags.change = _change
    del AtomicFlags.__cinit__, AtomicFlags.__dealloc__


def smp_mb():
    """Have all that is before done before all that is after."""
    if cython.compiled:
        pa_mb()
    elif THREADS_AT_ONCE:
        with _lock:
            pass


def smp_rmb():
    """Have what is read before read before what is read after."""
    if cython.compiled:
        pa_rmb()
    else:
        smp_mb()


def smp_wmb():
    """Have what is written before written before what is written after."""
    if cython.compiled:
        pa_wmb()
    else:
        smp_mb()
