"""The read side of RCU: entering and leaving sections, and finding the readers that a grace period waits for.

One source serves both builds, as in _atomic.py. Each thread has a Reader, which stores how many sections the thread is
in and, in `since`, the time at which the outermost one began (0 outside). Times are values of a clock that each grace
period advances; it then waits until no reader has an earlier time. Later readers have later times. None of this takes a
lock: a reader writes only to its own Reader, and checks `wanted` when it leaves.

A thread that has ended is no reader any more. In the child of a fork, neither are the threads left behind. The table of
readers is a dictionary that is only changed by single atomic operations, and only iterated over as a copy.

Cost of a section, compiled: two calls, no allocation and no lock on known chains. Free-threaded builds add two fences.
"""

from __future__ import annotations

import _thread
import sys
from itertools import count

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

COMPILED = cython.compiled
RCU, BH, SCHED, FLAVOURS = 0, 1, 2, 3
FOREVER = 1 << 62
READ_SIDE = 2 | 16                            # RECURSIVE_READ and NOCHECK, see lockdep.fastpath
THREADS_AT_ONCE = not getattr(sys, "_is_gil_enabled", lambda: True)()

_get_ident = _thread.get_ident
_readers = {}                                 # id of a Reader -> the Reader
_parked = set()                               # queues on which grace periods wait
_hooks = None
if not cython.compiled:
    from lockdep import fastpath
    from lockdep.fastpath._dep_map import _hold_starts
    from lockdep.fastpath._link import _timing

    current = fastpath.thread_state
    _local = _thread._local()
    _time = count(1)


class Reader:
    """The read-side sections of one thread: `depths` has their number for each flavour, `depth` is the sum."""

    # Invariant, as seen from any other thread: since != 0 wherever depth != 0.
    __slots__ = ("depth", "depths", "hint", "ident", "late", "map", "maps", "since", "wanted")

    def __init__(self):
        self.ident = _get_ident()
        self.since = self.depth = 0
        self.wanted = 0                       # a grace period waits for this reader
        self.late = False                     # made while its thread is torn down: it lives for one section
        self.maps = [None] * FLAVOURS         # of this thread only, so that threads share no counter
        self.map = self.hint = None
        if not cython.compiled:
            self.depths = [0] * FLAVOURS

    def map_of(self, flavour):
        """Return the DepMap under which the validator knows this thread's sections of a flavour."""
        if self.maps[flavour] is None:
            self.maps[flavour] = _hooks.make_map(flavour)
            self.map = self.maps[RCU]
        return self.maps[flavour]

    def hold(self, flavour):
        """Tell the validator that a section begins here."""
        state = current()
        child = self.hint
        timed = _timing[0]                    # while times are taken, the DepMap notes when a section begins and ends
        if flavour == RCU and not timed and child is not None and state.run != 0 and child.gate is state.chain:
            self.map.holds += 1
            self.map.book(state, child)
            return
        if state.pending:                     # as long as it is, and as new chains are not judged, all takes this way
            state.let_in()
        if state.waits_calm and state.chain.depth == state.gaps:
            state.calm()
        self.map_of(flavour).hold(READ_SIDE)
        if flavour == RCU and state.run != 0 and state.chain.gate is state.chain.parent:
            self.hint = state.chain           # a chain that was validated is never freed, so no reference is counted

    def drop(self, flavour):
        """Tell the validator that the innermost section of this flavour ends."""
        state = current()
        child = state.chain
        if (
            flavour == RCU and child is self.hint and state.run != 0 and not _hold_starts
            and state.serials[child.depth] == self.map.serial
        ):  # fmt: skip
            self.map.holds -= 1
            state.pop()
        else:
            self.map_of(flavour).release()

    def open(self, flavour):
        """Begin a section."""
        if cython.compiled:
            self.depths[flavour] += 1
            self.depth += 1
            if self.since == 0:
                rc_open(cython.address(self.since), cython.address(_clock))
        else:
            now = next(_time)                 # a signal handler may run in this call, but not after it: no call follows
            self.depths[flavour] += 1
            self.depth += 1
            if not self.since:
                self.since = now

    def close(self, flavour):
        """End a section; return whether that was the outermost one and a grace period waits for it."""
        if cython.compiled:
            self.depths[flavour] -= 1
            self.depth -= 1
            if self.depth == 0:
                rc_close(cython.address(self.since))
        else:
            self.depths[flavour] -= 1
            self.depth -= 1
            if not self.depth:
                self.since = 0
        # Relaxed: rc_close has ordered it after the end of the section, and who asks looks at that after asking.
        return (rc_flag(cython.address(self.wanted)) if cython.compiled else self.wanted) != 0 and self.depth == 0

    def ask(self):
        """Make this reader wake the waiting grace periods when it leaves."""
        if cython.compiled:
            rc_raise(cython.address(self.wanted))
        else:
            self.wanted = 1

    def over(self):
        """Wake the waiting grace periods: the last section of this reader has ended."""
        if cython.compiled:
            rc_lower(cython.address(self.wanted))
        else:
            self.wanted = 0
        if self.late:
            self.leave()
        wake()

    def leave(self):
        """Remove this reader from the table of readers."""
        _readers.pop(id(self), None)
        if cython.compiled:
            rc_close(cython.address(self.since))
            if self.late:
                rc_adopt(cython.NULL)
        else:
            self.since = 0
        for map_ in self.maps:
            if map_ is not None and self.depth:
                map_.holds = 0                # the end of a thread inside a section is reported elsewhere
        self.depth = 0

    def is_before(self, target):
        """Return whether this thread is in a section that began before the time `target`."""
        if cython.compiled:
            since = pa_acquire(cython.address(self.since))
            return since != 0 and since < target
        return 0 < self.since < target

    def entered(self):
        """Return the DepMap of the first flavour of which this thread is in a section, for reports."""
        return next((map_ for map_ in self.maps if map_ is not None and map_.holds), None)


class ThreadExit:
    """Lives in the thread's own dictionary, so that its end tells that the thread has ended."""

    __slots__ = ("reader",)

    def __del__(self):
        reader = self.reader
        if reader is None:
            return
        if cython.compiled:
            rc_leave(reader)
        wanted = rc_flag(cython.address(reader.wanted)) if cython.compiled else reader.wanted
        reader.leave()
        if wanted:
            wake()


def mine():
    """Return this thread's Reader, which is made at its first section."""
    if cython.compiled:
        if rc_tls is not cython.NULL:
            return cython.cast(Reader, rc_tls)
        return enter_thread()
    try:
        return _local.reader
    except AttributeError:
        return enter_thread()


def enter_thread():
    """Make this thread's Reader, and a ThreadExit that removes it when the thread ends."""
    reader = Reader()
    at_exit = ThreadExit.__new__(ThreadExit)
    at_exit.reader = None
    if cython.compiled:
        if rc_tls is not cython.NULL:         # a finalizer has made one meanwhile
            return cython.cast(Reader, rc_tls)
        if rc_late or not rc_enter(reader, at_exit):
            reader.late = True
            reader.wanted = 1
            rc_adopt(cython.cast(cython.pointer(PyObject), reader))
    else:
        kept = _local.__dict__.setdefault("reader", reader)
        if kept is not reader:
            return kept
        _local.at_exit = at_exit
    _readers[id(reader)] = reader
    if not reader.late:
        at_exit.reader = reader
    return reader


def enter(flavour):
    """Begin a section of a flavour. Sections of all flavours nest in each other."""
    reader = mine()
    reader.hold(flavour)
    reader.open(flavour)


def leave(flavour):
    """End the innermost section of this flavour. RuntimeError, after a report, if there is none."""
    reader = mine()
    if reader.depths[flavour] == 0:
        _hooks.unbalanced(reader.map_of(flavour), flavour)
    if reader.close(flavour):
        reader.over()
    reader.drop(flavour)


def rcu_read_lock():
    """Begin a read-side section, in which dereferenced objects stay valid.

    Nests, takes no lock; must not sleep inside.
    """
    enter(RCU)


def rcu_read_unlock():
    """End a read-side section. RuntimeError, after a report, if this thread is in none."""
    leave(RCU)


def depth(flavour):
    """Return how many sections of this flavour this thread is in, or of all flavours for FLAVOURS."""
    reader = mine()
    return reader.depth if flavour == FLAVOURS else reader.depths[flavour]


class ReadSection:
    """The context manager of a read-side section. It has no state, so one object serves all threads."""

    __slots__ = ()

    def __enter__(self):
        enter(RCU)

    def __exit__(self, kind, value, trace):
        leave(RCU)


_section = ReadSection()


def rcu_read_side():
    """Return the context manager of a read-side section: `with rcu_read_side(): ...`."""
    return _section


def rcu_dereference(pointer):
    """Return the object of an RCUPointer. Outside of a read-side section this is reported."""
    if pointer is None:
        raise TypeError("expected an RCUPointer, got None")
    if mine().depths[RCU] == 0:
        _hooks.suspicious("suspicious rcu_dereference_check() usage")
    if cython.compiled:
        return pa_get(pa_slot(pointer))
    return pointer.read()


def constants():
    """Return the numbers of the three flavours, and the number that stands for any flavour."""
    return RCU, BH, SCHED, FLAVOURS


def advance():
    """Advance the clock and return the new time. A grace period that begins now waits for readers from before it."""
    if cython.compiled:
        return pa_add(cython.address(_clock), 1) + 1
    now = next(_time)
    fence_all()
    return now


def ask(target):
    """Return the readers in a section from before `target`. Each will wake the parked queues when it leaves."""
    asked = []
    for reader in _readers.copy().values():
        if reader.is_before(target):
            reader.ask()
            asked.append(reader)
    if asked:
        fence_all()
    return [reader for reader in asked if reader.is_before(target)]


def fence_all():
    """Pass a full fence. In the pure build, whose readers pass none, make all other threads pass one as well."""
    if cython.compiled:
        pa_mb()
    elif THREADS_AT_ONCE:
        sys._current_frames()                 # stops all threads for a moment


def park(queue):
    """Make readers that leave put something into this queue."""
    _parked.add(queue)


def unpark(queue):
    """Undo park."""
    _parked.discard(queue)


def wake():
    """Put something into each parked queue, so that its owner checks whether it must wait on."""
    for queue in _parked.copy():
        queue.put(None)


def census():
    """Return how many readers are in a section, and how many grace periods are being waited for."""
    return len([reader for reader in _readers.copy().values() if reader.is_before(FOREVER)]), len(_parked)


def forked():
    """In the child of a fork: forget all readers but this thread."""
    reader = mine()
    _readers.clear()
    _readers[id(reader)] = reader
    _parked.clear()


def connect(hooks):
    """Set the functions that the read side calls and does not implement itself: make_map, suspicious, unbalanced."""
    global _hooks
    _hooks = hooks


if cython.compiled:
    _clock = 1
