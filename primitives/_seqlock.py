"""The sequence number of a seqcount, which is odd while a writer writes, and the two checks that a reader makes.

One source serves both builds, as in _atomic.py. To the validator, beginning to read is a wait for the writer in the way
of a recursive reader, after which nothing is held: an interrupt that comes during a read and writes only makes the
reader read again (kernel: seqcount_lockdep_reader_access, with interrupts off). A known chain costs one comparison.

Cost, compiled: 30 ns for each of the two checks; a reader writes nothing shared.
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
    """The number, and what the validator knows of it. Subclasses define `wait_for_writer`."""

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
            self.hint = chain                 # a validated chain is never freed, so racing threads count no references

    def read_begin(self):
        """Wait until no writer writes; return the number for read_retry."""
        self.check()
        if cython.compiled:
            number = pa_acquire(cython.address(self.number))
            return self.raw_read_begin() if number & 1 else number
        return self.raw_read_begin()

    def raw_read_begin(self):
        """Like read_begin, without validation."""
        number = self.now()
        while number & 1:
            self.wait_for_writer()
            number = self.now()
        return number

    def read_retry(self, start):
        """Return whether a writer has written since `start` was returned. If so, what was read must be discarded."""
        if cython.compiled:
            pa_rmb()
            return pa_read(cython.address(self.number)) != start
        smp_mb()
        return self.number != start

    def now(self):
        """Return the present number."""
        if cython.compiled:
            return pa_acquire(cython.address(self.number))
        number = self.number
        smp_mb()
        return number

    def step(self):
        """Increment the number, where a write begins or ends. Only one writer at a time may call this."""
        if cython.compiled:
            pa_add(cython.address(self.number), 1)
            pa_wmb()
        else:
            smp_mb()
            self.number += 1
            smp_mb()

    def reading(self):
        """Return an iterator for a loop whose body repeats until no writer disturbed it: `for start in x.reading()`."""
        return Reading(self)


class Reading:
    """The rounds of a reader: one, and another one each time the last one was disturbed by a writer."""

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
