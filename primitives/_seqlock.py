"""The sequence number of a seqcount, which is odd while a writer writes; the two checks that a reader makes; writing.

One source serves both builds, as in _atomic.py. Compiled, no signal handler runs between the steps of a writer: an
exception that comes then would leave the number odd, or the lock of the writers locked.

To the validator, beginning to read is a wait for the writer in the way of a recursive reader, after which nothing is
held: an interrupt that comes during a read and writes only makes the reader read again (kernel:
seqcount_lockdep_reader_access, with interrupts off). A known chain costs one comparison.

Cost, compiled: 30 ns for each of the two checks; a reader writes nothing shared.
"""

from __future__ import annotations

from _thread import get_ident

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
        hint = cython.cast(Chain, hint_of(self)) if cython.compiled else self.hint
        if hint is not None and hint.gate is state.chain and state.run != 0 and self.dep_map.holds == 0:
            return
        chain = self.dep_map.acquire(RECURSIVE_READ | SYNC)
        if chain is not None and chain.gate is chain.parent:
            if cython.compiled:
                set_hint(self, chain)         # a validated chain is never freed, so racing threads count no references
            else:
                self.hint = chain

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
        self.move_on()

    def move_on(self):
        """Do the same. It needs no memory, as it is not looked for in subclasses."""
        if cython.compiled:
            pa_add(cython.address(self.number), 1)
            pa_wmb()
        else:
            smp_mb()
            self.number += 1
            smp_mb()
        return 0

    def reading(self):
        """Return an iterator for a loop whose body repeats until no writer disturbed it: `for start in x.reading()`."""
        return Reading(self)


class Written(Sequence):
    """A sequence that is written: `writers` are the idents of the threads that do so now; more than one is a bug.

    `guard` is the lock that excludes writers, or None. Subclasses define `check_guard`, `overlaps` and
    `unlock_wrongly`, which report what is wrong; the last one raises an exception.
    """

    __slots__ = ("guard", "writers")

    def __init__(self, dep_map, guard=None):
        Sequence.__init__(self, dep_map)
        self.guard = guard
        self.writers = []

    def write_begin(self, subclass=0):
        """Begin to write. `subclass` is 1 to 7 inside a write of another sequence of the same class."""
        if self.guard is not None:
            self.check_guard()
        self.begin_write(subclass)

    def begin_write(self, subclass):
        self.dep_map.hold(0, None, subclass)
        entered = False
        try:
            self.writers.append(get_ident())
            entered = True
            if len(self.writers) > 1:
                self.overlaps()
            else:
                self.move_on()
        except BaseException:
            if entered:
                self.drop_writer()
            self.dep_map.release()
            raise
        return 0

    def drop_writer(self):
        """Note that the running thread does not write any more. Return False if it did not. It needs no memory."""
        me = PyThread_get_thread_ident() if cython.compiled else get_ident()
        for at in range(len(self.writers)):
            writer = self.writers[at]
            if writer == me:
                del self.writers[at]
                return True
        return False

    def write_end(self):
        """End writing. RuntimeError, after a report, if this thread does not write."""
        if not self.drop_writer():
            self.unlock_wrongly()
        if not self.writers:
            self.move_on()
        self.dep_map.release()

    def write_begin_nested(self, subclass):
        """Like write_begin, while this thread writes another sequence of the same class."""
        self.write_begin(subclass)

    def writing(self):
        """Return the context manager of one write."""
        return Writing(self)


class Writing:
    """The context manager of one write."""

    __slots__ = ("sequence",)

    def __init__(self, sequence):
        self.sequence = sequence

    def __enter__(self):
        self.sequence.write_begin()

    def __exit__(self, kind, value, trace):
        self.sequence.write_end()


class LockedSequence(Written):
    """A sequence with the lock by which its writers exclude each other. `with` writes."""

    __slots__ = ("lock",)

    def write_seqlock(self):
        """Wait for other writers, then begin to write."""
        self.lock.lock()
        self.begin_locked()

    def begin_locked(self):
        """Begin to write: the lock was taken. If that fails, it is released."""
        try:
            self.begin_write(0)
        except BaseException:
            self.lock.unlock()
            raise
        return 0

    def write_sequnlock(self):
        """End writing."""
        if not self.drop_writer():
            self.unlock_wrongly()
        try:
            if not self.writers:
                self.move_on()
            self.dep_map.release()
        finally:
            self.lock.unlock()

    def acquire(self, blocking=True, timeout=-1):
        """Begin to write; blocking, timeout in seconds and result as in threading.Lock.acquire."""
        if not self.lock.acquire(blocking, timeout):
            return False
        self.begin_locked()
        return True

    def release(self):
        """End writing."""
        self.write_sequnlock()

    def __enter__(self):
        self.write_seqlock()
        return True

    def __exit__(self, kind=None, value=None, trace=None, /):
        self.write_sequnlock()


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
