"""Atomic numbers, references and bits, and the fences between them (kernel: atomic_t, bitops).

One source serves both builds: this file runs as it is, and Cython compiles it with the types of _atomic.pxd. Compiled,
each operation is one atomic instruction where threads run at the same time, and plain arithmetic where the GIL already
makes it atomic. Pure, all operations share one re-entrant raw lock. The code under that lock makes no call, so that no
signal handler can run between the read and the write of one operation, and it drops no last reference, so that no
finalizer can: a replaced object is released after the lock.

Numbers have 64 bits and wrap around, in both builds. An operation that returns something is a full barrier, as in the
kernel; `read` and `set` order nothing by themselves.
"""

from __future__ import annotations

import _thread
import sys
from types import GenericAlias

from lockdep.forks import at_fork

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
    # if another thread holds it at the moment of a fork, it would stay locked in the child for ever
    at_fork(after_in_child=getattr(_lock, "_at_fork_reinit", bool))

    def fits(number):
        """Raise OverflowError for a number that does not fit into 64 bits, as the compiled build does."""
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
        """Store a value. OverflowError if it does not fit into 64 bits."""
        if cython.compiled:
            pa_set(cython.address(self.value), value)
        else:
            fits(value)
            self.value = value

    def read_acquire(self):
        """Return the value; no later access takes effect before this read."""
        if cython.compiled:
            return pa_acquire(cython.address(self.value))
        with _lock:
            return self.value

    def set_release(self, value):
        """Store a value, after all earlier accesses have taken effect."""
        if cython.compiled:
            pa_release(cython.address(self.value), value)
        else:
            fits(value)
            with _lock:
                self.value = value

    def xchg(self, new):
        """Store a value; return the old one."""
        if cython.compiled:
            return pa_xchg(cython.address(self.value), new)
        fits(new)
        with _lock:
            old = self.value
            self.value = new
        return old

    def cmpxchg(self, old, new):
        """Store `new` if the value is `old`; return the value from before."""
        if cython.compiled:
            return pa_cmpxchg(cython.address(self.value), old, new)
        fits(new)
        with _lock:
            seen = self.value
            if seen == old:
                self.value = new
        return seen

    def fetch_add(self, number):
        """Add `number`; return the old value."""
        if cython.compiled:
            return pa_add(cython.address(self.value), number)
        fits(number)
        with _lock:
            old = self.value
            self.value = ((old + number + HALF) & MASK) - HALF
        return old

    def fetch_and(self, number):
        """Clear the bits that are not set in `number`; return the old value."""
        if cython.compiled:
            return pa_and(cython.address(self.value), number)
        fits(number)
        with _lock:
            old = self.value
            self.value = old & number
        return old

    def fetch_or(self, number):
        """Set the bits that are set in `number`; return the old value."""
        if cython.compiled:
            return pa_or(cython.address(self.value), number)
        fits(number)
        with _lock:
            old = self.value
            self.value = old | number
        return old

    def fetch_xor(self, number):
        """Invert the bits that are set in `number`; return the old value."""
        if cython.compiled:
            return pa_xor(cython.address(self.value), number)
        fits(number)
        with _lock:
            old = self.value
            self.value = old ^ number
        return old

    def add_return(self, number):
        """Add `number`; return the new value."""
        if cython.compiled:
            return pa_sum(pa_add(cython.address(self.value), number), number)
        return ((self.fetch_add(number) + number + HALF) & MASK) - HALF

    def add(self, number):
        """Add `number`."""
        self.fetch_add(number)

    def inc(self):
        """Add one."""
        self.fetch_add(1)

    def dec(self):
        """Subtract one."""
        self.fetch_add(-1)

    def try_cmpxchg(self, old, new):
        """Store `new` if the value is `old`; return whether it was stored, and the value from before."""
        seen = self.cmpxchg(old, new)
        return seen == old, seen


class AtomicRef:
    """A reference that threads replace without a lock. Objects are compared by identity."""

    __slots__ = ("__weakref__", "value")

    def __init__(self, value=None):
        self.set(value)

    def read(self):
        """Return the object it refers to. The caller also sees everything stored before that reference was set."""
        if cython.compiled:
            return pa_get(pa_slot(self))
        return self.value

    def set(self, value):
        """Refer to `value`, after all earlier accesses have taken effect."""
        if cython.compiled:
            pa_swap(pa_slot(self), value)
        else:
            with _lock:
                self.value = value

    def xchg(self, new):
        """Refer to `new`; return the old object."""
        if cython.compiled:
            return pa_swap(pa_slot(self), new)
        with _lock:
            old = self.value                  # no call between the two lines: a signal handler could run after it
            self.value = new
        return old

    def try_cmpxchg(self, old, new):
        """Refer to `new` if it refers to `old`; return whether it did, and the object from before."""
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
        """Refer to `new` if it refers to `old`; return the object from before."""
        return self.try_cmpxchg(old, new)[1]

    @classmethod
    def __class_getitem__(cls, kind):
        return GenericAlias(cls, kind)


class AtomicFlags:
    """`size` bits that threads set and clear without a lock (kernel: unsigned long flags[], set_bit etc.)."""

    __slots__ = ("bits", "size")

    def __cinit__(self, size=WORD):
        if size < 1:
            raise ValueError("there must be at least one bit")
        self.size = size
        self.bits = pa_words(size)

    def __dealloc__(self):
        pa_free(self.bits)

    def word(self, nr):
        """Return the address of the word that holds bit `nr`. IndexError if there is no such bit."""
        if cython.compiled:
            if nr < 0 or nr >= self.size:
                raise IndexError(f"bit {nr} of {self.size}")
            return cython.address(self.bits[nr // WORD])

    def test_bit(self, nr):
        """Return whether bit `nr` is set."""
        if cython.compiled:
            return pa_acquire(self.word(nr)) & pa_bit(nr) != 0
        return self.change(nr, 0, 0)

    def test_and_set_bit(self, nr):
        """Set bit `nr`; return whether it was set before."""
        if cython.compiled:
            return pa_or(self.word(nr), pa_bit(nr)) & pa_bit(nr) != 0
        return self.change(nr, 1, 0)

    def test_and_clear_bit(self, nr):
        """Clear bit `nr`; return whether it was set before."""
        if cython.compiled:
            return pa_and(self.word(nr), pa_not(pa_bit(nr))) & pa_bit(nr) != 0
        return self.change(nr, 1, 1)

    def test_and_change_bit(self, nr):
        """Invert bit `nr`; return whether it was set before."""
        if cython.compiled:
            return pa_xor(self.word(nr), pa_bit(nr)) & pa_bit(nr) != 0
        return self.change(nr, 0, 1)

    def set_bit(self, nr):
        """Set bit `nr`."""
        self.test_and_set_bit(nr)

    def clear_bit(self, nr):
        """Clear bit `nr`."""
        self.test_and_clear_bit(nr)

    def change_bit(self, nr):
        """Invert bit `nr`."""
        self.test_and_change_bit(nr)

    def read(self):
        """Return all bits as one number. With more than 64 bits, the words need not be of the same moment."""
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
        """Set a bit (either), clear it (both), invert it (flip) or leave it (neither).

        Returns whether it was set before.
        """
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
    """Full barrier: all earlier accesses take effect before all later ones."""
    if cython.compiled:
        pa_mb()
    elif THREADS_AT_ONCE:
        with _lock:
            pass


def smp_rmb():
    """Read barrier: all earlier reads take effect before all later reads."""
    if cython.compiled:
        pa_rmb()
    else:
        smp_mb()


def smp_wmb():
    """Write barrier: all earlier writes take effect before all later writes."""
    if cython.compiled:
        pa_wmb()
    else:
        smp_mb()
