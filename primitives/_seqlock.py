"""The sequence number of a seqcount: odd while somebody writes. What a reader pays for looking at it twice.

One source, two builds, as _atomic.py. To the validator, beginning to read is a wait for the writer, as a recursive
reader, that holds nothing afterwards: an interrupt that comes while somebody reads and writes makes it read again, and
nothing worse (kernel: seqcount_lockdep_reader_access, with interrupts off). A known one is a comparison.

Cost, compiled: 30 ns for each of the two looks, nothing shared is written.
"""

from __future__ import annotations

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

COMPILED = cython.compiled
RECURSIVE_READ, SYNC = 2, 32                  # see lockdep.fastpath

if not cython.compiled:
    from lockdep.fastpath import thread_state
    from primitives.atomic import smp_mb

    current = thread_state


class Sequence:
    """The number, and what the validator knows of it. A subclass has `wait_for_writer`."""

    __slots__ = ("__weakref__", "dep_map", "hint", "number")

    def __init__(self, dep_map):
        self.dep_map = dep_map
        self.number = 0
        self.hint = None

    def check(self):
        """Validate that this thread reads here. `hint` is the last chain that this led to."""
        state = current()
        hint = self.hint
        if hint is not None and hint.gate is state.chain and state.run != 0 and self.dep_map.holds == 0:
            return
        chain = self.dep_map.acquire(RECURSIVE_READ | SYNC)
        if chain is not None and chain.gate is chain.parent:
            self.hint = chain                 # admitted, so immortal: racing threads count no references

    def read_begin(self):
        """Wait until nobody writes; return what read_retry compares with."""
        self.check()
        if cython.compiled:
            number = pa_acquire(cython.address(self.number))
            return self.raw_read_begin() if number & 1 else number
        return self.raw_read_begin()

    def raw_read_begin(self):
        """As read_begin; the validator does not see it."""
        number = self.now()
        while number & 1:
            self.wait_for_writer()
            number = self.now()
        return number

    def read_retry(self, start):
        """Return whether somebody has written since: then what was read is worth nothing."""
        if cython.compiled:
            pa_rmb()
            return pa_read(cython.address(self.number)) != start
        smp_mb()
        return self.number != start

    def now(self):
        """Return the number as it is."""
        if cython.compiled:
            return pa_acquire(cython.address(self.number))
        number = self.number
        smp_mb()
        return number

    def step(self):
        """Count: writing begins or ends here. For one writer at a time."""
        if cython.compiled:
            pa_add(cython.address(self.number), 1)
            pa_wmb()
        else:
            smp_mb()
            self.number += 1
            smp_mb()

    def reading(self):
        """Return what a for loop repeats until nobody wrote meanwhile: `for start in clock.reading(): ...`."""
        return Reading(self)


class Reading:
    """The rounds of a reader: one, and another one as long as the last was disturbed."""

    __slots__ = ("sequence", "start")

    def __init__(self, sequence):
        self.sequence = sequence
        self.start = -1

    def __iter__(self):
        return self

    def __next__(self):
        if self.start >= 0 and not self.sequence.read_retry(self.start):
            raise StopIteration
        self.start = self.sequence.read_begin()
        return self.start
