"""Who holds and who waits at this moment, as data; str() of it is the picture of a hang.

No lock is taken and the program goes on, so what runs may show something of two moments. Cost: some 20 us for each
thread, and reading the source files that are named.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic_ns
from typing import Any, cast

from lockdep import fastpath, trace
from lockdep.fastpath import ThreadState, Wait
from lockdep.fastpath.waitqueue import ValidatedQueue
from lockdep.notebooks import html_of
from lockdep.trace import Frames, StackTrace
from lockdep.violations.where import HeldLock
from lockdep.waits.aims import Aim, ProcessEnd, wanted_lock
from lockdep.waits.enders import SHARED
from lockdep.waits.held import held_by, thread_name, waiter_name
from lockdep.waits.knots import find_knot
from lockdep.waits.picture import render_waiting
from lockdep.waits.shared import SharedAim, shared_locks
from lockdep.waits.views import Awaited, Held, WaitingThread

DEPTH = 64  # steps of a stack


@dataclass(frozen=True, slots=True)
class Waiting:
    """All threads, and the deadlocks among them: names of threads, each of which waits for the next one.

    `queues` has the names of the threads that wait for each lock, oldest wait first.
    """

    threads: tuple[WaitingThread, ...]
    deadlocks: tuple[tuple[str, ...], ...]
    queues: Mapping[str, tuple[str, ...]]

    def __str__(self) -> str:
        return render_waiting(self.threads, self.deadlocks)

    def _repr_html_(self) -> str:
        return html_of(self)

    def find(self, name: str) -> WaitingThread:
        """Return the first thread of this name. KeyError if there is none."""
        for thread in self.threads:
            if thread.name == name:
                return thread
        raise KeyError(name)


def waiting() -> Waiting:
    """Return who holds and who waits now. It may be called at any time, also in a signal handler."""
    me = fastpath.thread_state()
    me.busy += 1
    try:
        return look_around()
    finally:
        me.busy -= 1


def look_around() -> Waiting:
    """Return who holds and who waits. Locks that this takes are not to be validated."""
    frames = {ident: stack for ident, stack in fastpath.standing().items() if not is_helper(stack)}
    waits = sorted(fastpath.waits(), key=lambda wait: wait.number)
    views = [view(ident, name, state, frames) for ident, name, state in living(frames, waits)]
    return Waiting(tuple(views), tuple(deadlocks(waits)), queues(waits))


def is_helper(frames: Frames) -> bool:
    """Return whether a thread is one of lockdep's own: its outermost frame is ours."""
    outermost, _ = deque(frames, maxlen=1).pop()
    return trace.is_ours(outermost.co_filename)


def living(frames: Iterable[int], waits: Iterable[Wait]) -> Iterator[tuple[int, str, ThreadState | None]]:
    """Yield (ident, name, state) of each thread that has frames or waits, in the order of their states."""
    known: dict[int, ThreadState] = {}
    for state in fastpath.threads():
        if state.ident in frames and fastpath.find_thread(state.serial) is state:
            known[state.ident] = state
    for wait in waits:  # of a greenlet, which has no frames of its own
        waiter = fastpath.find_thread(wait.thread)
        if waiter is not None:
            known.setdefault(waiter.ident, waiter)
    for ident in [*known, *(ident for ident in frames if ident not in known)]:
        found = known.get(ident)
        yield ident, name_of(ident) if found is None else thread_name(found), found


def name_of(ident: int) -> str:
    """Return the name of a thread that has never used a lock of ours."""
    thread = threading._active.get(ident)  # type: ignore[attr-defined]
    return "unnamed thread" if thread is None else str(thread._name)


def view(ident: int, name: str, state: ThreadState | None, frames: Mapping[int, Frames]) -> WaitingThread:
    """Return what is to be seen of one thread."""
    stack = trace.standing_stack(frames.get(ident), DEPTH)
    wait = None if state is None else fastpath.wait_of(state.serial)
    held = () if state is None else held_by(state, stack)
    identities = {} if state is None or not held else identities_of(state, wait)
    return WaitingThread(
        name,
        tuple(held_view(lock, identities.get(lock.serial, "")) for lock in held),
        None if wait is None else awaited(wait),
        trace_place(stack),
        tuple(stack.frames()) if stack.steps else (),
        0 if state is None else state.serial,
    )


def identities_of(state: ThreadState, wait: Wait | None) -> dict[int, str]:
    """Return the identities of the locks that a thread holds and other processes can hold, too, by serial.

    Left out is what it took after its wait had begun, as a signal handler does that interrupts it: it holds up nobody
    for ever.
    """
    known = shared_locks()
    mine = {serial for chain, serial in state.held() if wait is None or chain.depth <= wait.depth}
    return {serial: known[serial].identity for serial in mine if serial in known}


def held_view(lock: HeldLock, shared: str) -> Held:
    """Return what is to be seen of a lock that a thread holds. `shared` is its identity, if other processes have it."""
    return Held(lock.lock_class.name, trace_place(lock.stack), bool(lock.mode & SHARED), shared)


def trace_place(stack: StackTrace) -> str:
    """Return the innermost shown place of a stack as `file:line function`."""
    for frame in stack.frames() if stack.steps else ():
        return f"{frame.file}:{frame.line} {frame.function}"
    return ""


def awaited(wait: Wait) -> Awaited:
    """Return what a thread waits for."""
    seconds = max(0, monotonic_ns() - wait.since) / 1e9
    holder = fastpath.find_thread(wait.ender())
    by = "" if holder is None else thread_name(holder)
    ender = 0 if holder is None else holder.serial
    name = lock_name(wait)
    if name:
        reads = isinstance(wait.aim, ValidatedQueue) and wait.units < wait.aim.total
        shared = wait.aim.lock.identity if isinstance(wait.aim, SharedAim) else ""
        return Awaited(name, name, seconds, wait.timed, by, reads, shared, ender, wait.number)
    aim: Any = cast(Aim, wait.aim)
    text = f"{aim.text()} [{aim.place()}]"
    process = aim.pid if isinstance(aim, ProcessEnd) else 0
    return Awaited(text, "", seconds, wait.timed, by, ender=ender, number=wait.number, process=process)


def lock_name(wait: Wait) -> str:
    """Return the class of the lock that a thread waits for, '' if it is no lock."""
    if isinstance(wait.aim, SharedAim):
        return wait.aim.text()
    wanted = wanted_lock(wait)
    if wanted is None:
        return ""
    lock_class = wanted.entry.lock_class
    return "a lock that is not tracked" if lock_class is None else str(lock_class.name)


def deadlocks(waits: Iterable[Wait]) -> Iterator[tuple[str, ...]]:
    """Yield the names of the threads of each circle, and those of a knot if there is no circle."""
    seen: set[Wait] = set()
    everything = list(waits)
    for wait in everything:
        circle = [one for one, _ in (None if wait in seen or wait.timed else wait.find_circle()) or ()]
        seen.update(circle)
        if circle:
            yield tuple(map(waiter_name, circle))
    if not seen and (knot := find_knot(everything)):
        yield tuple(sorted(map(waiter_name, knot)))


def queues(waits: Iterable[Wait]) -> dict[str, tuple[str, ...]]:
    """Return the names of the threads that wait for each lock, oldest wait first."""
    found: dict[str, tuple[str, ...]] = {}
    for wait in waits:
        if name := lock_name(wait):
            found[name] = (*found.get(name, ()), waiter_name(wait))
    return found
