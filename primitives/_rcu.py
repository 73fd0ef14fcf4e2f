"""The read side of RCU: what entering and leaving a section costs, and which readers a grace period waits for.

One source, two builds, as _atomic.py. Each thread has a Reader: how deep it is in sections, and since which time of a
clock (`since`, 0 outside). A grace period sets the clock forward and waits until no reader is left with an earlier
time; readers that come later have a later one and are not waited for. Nobody takes a lock for that: a reader writes its
own record only, and looks at its flag `wanted` when it leaves.

A thread that ends is no reader any more, and neither is, in a child, any thread that the fork left behind. The table of
readers is a dictionary that is only changed by single operations and only read as a copy.

Cost of a section, compiled: two calls, no allocation, no lock, on known chains. Free-threaded builds add two fences.
"""

from __future__ import annotations

import _thread
import atexit
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

    current = fastpath.thread_state
    outer_place = fastpath.core.outer_place
    # what stands in sys.modules is emptied at the very end, name by name; threads still end then
    atexit.register(sys.modules.pop, "primitives._rcu", None)
    _local = _thread._local()
    _time = count(1)


class Reader:
    """One thread's sections.

    Invariant: since != 0 wherever depth != 0, seen from any other thread; depth is the sum of depths.
    """

    __slots__ = ("depth", "depths", "hint", "ident", "late", "map", "maps", "since", "wanted")

    def __init__(self):
        self.ident = _get_ident()
        self.since = 0
        self.depth = 0
        self.wanted = 0                       # a grace period waits for this reader
        self.late = False                     # made while its thread is torn down: lives for one section
        self.maps = [None] * FLAVOURS         # of this thread alone, so that threads share no counter
        self.map = self.hint = None
        if not cython.compiled:
            self.depths = [0] * FLAVOURS

    def map_of(self, flavour):
        """Return the map by which the validator knows this thread's sections."""
        if self.maps[flavour] is None:
            self.maps[flavour] = _hooks.make_map(flavour)
            self.map = self.maps[RCU]
        return self.maps[flavour]

    def hold(self, flavour):
        """Tell the validator that a section begins here."""
        state = current()
        child = self.hint
        if flavour == RCU and child is not None and state.run != 0 and child.gate is state.chain:
            self.map.holds += 1
            self.map.book(state, child, outer_place(state))
            return
        self.map_of(flavour).hold(READ_SIDE)
        if flavour == RCU and state.run != 0 and state.chain.gate is state.chain.parent:
            self.hint = state.chain           # admitted, so immortal: no reference is counted

    def drop(self, flavour):
        """Tell the validator that the innermost section of this flavour ends."""
        state = current()
        child = state.chain
        if (
            flavour == RCU and child is self.hint and state.run != 0 and self.map.since == 0
            and state.serials[child.depth] == self.map.serial
        ):  # fmt: skip
            self.map.holds -= 1
            state.chain = child.parent
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
            now = next(_time)                 # an interrupt may come here, and not from here on: there is no call
            self.depths[flavour] += 1
            self.depth += 1
            if not self.since:
                self.since = now

    def close(self, flavour):
        """End a section; return whether somebody waits for that."""
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
        return self.wanted != 0 and self.depth == 0

    def ask(self):
        """Have this reader wake those that wait when it leaves."""
        if cython.compiled:
            rc_raise(cython.address(self.wanted))
        else:
            self.wanted = 1

    def over(self):
        """A section has ended that somebody waits for."""
        self.wanted = 0
        if self.late:
            self.leave()
        wake()

    def leave(self):
        """This is no reader any more."""
        _readers.pop(id(self), None)
        self.since = 0
        if cython.compiled:
            if self.late:
                rc_adopt(cython.NULL)
        for map_ in self.maps:
            if map_ is not None and self.depth:
                map_.holds = 0                # the thread's end is a finding of its own
        self.depth = 0

    def is_before(self, target):
        """Return whether this thread is in a section that began before this time."""
        if cython.compiled:
            since = pa_acquire(cython.address(self.since))
            return since != 0 and since < target
        return 0 < self.since < target

    def entered(self):
        """Return the map of the outermost flavour that this thread is in a section of, for reports."""
        return next((map_ for map_ in self.maps if map_ is not None and map_.holds), None)


class Anchor:
    """Lives in the thread's own dictionary, and so tells when the thread has ended."""

    __slots__ = ("reader",)

    def __del__(self):
        reader = self.reader
        if reader is None:
            return
        if cython.compiled:
            rc_leave(reader)
        wanted = reader.wanted
        reader.leave()
        if wanted:
            wake()


def mine():
    """Return this thread's Reader; one is made at its first section."""
    if cython.compiled:
        if rc_tls is not cython.NULL:
            return cython.cast(Reader, rc_tls)
        return enter_thread()
    try:
        return _local.reader
    except AttributeError:
        return enter_thread()


def enter_thread():
    reader = Reader()
    anchor = Anchor.__new__(Anchor)
    anchor.reader = None
    if cython.compiled:
        if rc_tls is not cython.NULL:         # a finalizer came first
            return cython.cast(Reader, rc_tls)
        if rc_late or not rc_enter(reader, anchor):
            reader.late = True
            reader.wanted = 1
            rc_adopt(cython.cast(cython.pointer(PyObject), reader))
    else:
        kept = _local.__dict__.setdefault("reader", reader)
        if kept is not reader:
            return kept
        _local.anchor = anchor
    _readers[id(reader)] = reader
    if not reader.late:
        anchor.reader = reader
    return reader


def enter(flavour):
    """Begin a section. Sections nest, whatever their flavours."""
    reader = mine()
    reader.hold(flavour)
    reader.open(flavour)


def leave(flavour):
    """End the innermost section of this flavour. RuntimeError, after a finding, if there is none."""
    reader = mine()
    if reader.depths[flavour] == 0:
        _hooks.unbalanced(reader.map_of(flavour), flavour)
    if reader.close(flavour):
        reader.over()
    reader.drop(flavour)


def rcu_read_lock():
    """Begin a read-side section: what it dereferences lives until it ends. Nests, takes no lock, must not sleep."""
    enter(RCU)


def rcu_read_unlock():
    """End a read-side section."""
    leave(RCU)


def depth(flavour):
    """Return how many sections of this flavour this thread is in; of any flavour for FLAVOURS."""
    reader = mine()
    return reader.depth if flavour == FLAVOURS else reader.depths[flavour]


class Section:
    """`with` for a read-side section: one for all threads, it keeps nothing."""

    __slots__ = ()

    def __enter__(self):
        enter(RCU)

    def __exit__(self, kind, value, trace):
        leave(RCU)


_section = Section()


def rcu_read_side():
    """Return the context manager of a read-side section: `with rcu_read_side(): ...`."""
    return _section


def rcu_dereference(pointer):
    """Return what a pointer refers to. For the inside of a read-side section: a finding elsewhere."""
    if pointer is None:
        raise TypeError("expected an RCUPointer, got None")
    if mine().depths[RCU] == 0:
        _hooks.suspicious("suspicious rcu_dereference_check() usage")
    if cython.compiled:
        return pa_get(pa_slot(pointer))
    return pointer.read()


def constants():
    """Return the numbers of the flavours, and the one for any flavour."""
    return RCU, BH, SCHED, FLAVOURS


def advance():
    """Return the time at which a grace period begins: it waits for the readers that came before."""
    if cython.compiled:
        return pa_add(cython.address(_clock), 1) + 1
    now = next(_time)
    fence_all()
    return now


def ask(target):
    """Return the readers of before this time that are still inside. Each will wake who is parked when it leaves."""
    asked = []
    for reader in _readers.copy().values():
        if reader.is_before(target):
            reader.ask()
            asked.append(reader)
    if asked:
        fence_all()
    return [reader for reader in asked if reader.is_before(target)]


def fence_all():
    """Pass a full fence; the pure build's readers have none, so there every other thread is made to pass one."""
    if cython.compiled:
        pa_mb()
    elif THREADS_AT_ONCE:
        sys._current_frames()                 # stops all threads for a moment


def park(queue):
    """Have readers that are asked put something into this queue when they leave."""
    _parked.add(queue)


def unpark(queue):
    """Undo park."""
    _parked.discard(queue)


def wake():
    """Wake all that is parked: each looks for itself whether it waits on."""
    for queue in _parked.copy():
        queue.put(None)


def census():
    """Return how many readers are inside, and how many grace periods wait."""
    return len([reader for reader in _readers.copy().values() if reader.is_before(FOREVER)]), len(_parked)


def forked():
    """In a child: only this thread is left."""
    reader = mine()
    _readers.clear()
    _readers[id(reader)] = reader
    _parked.clear()


def connect(hooks):
    """Plug in what the read side does not do itself: make_map, suspicious, unbalanced."""
    global _hooks
    _hooks = hooks


if cython.compiled:
    _clock = 1
