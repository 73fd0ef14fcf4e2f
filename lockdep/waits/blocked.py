"""Blocked threads as reports show them: what each holds, what it waits for, and where it stands.

They are read while they wait. A thread that goes on meanwhile shows something of both moments; one in a deadlock does
not move. Cost: some 10 us for each thread, and a look at the frames of all threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from lockdep import fastpath, trace
from lockdep.fastpath import ThreadState, Wait
from lockdep.graph.classes import LockClass
from lockdep.trace import Frames
from lockdep.violations.deadlock import Blocked
from lockdep.violations.where import Where
from lockdep.waits.aims import Aim, ModuleLoaded, wanted_lock
from lockdep.waits.held import held_by, thread_name


def blocked_threads(waits: Iterable[Wait], depth: int) -> tuple[Blocked, ...]:
    """Return the threads of these waits. Their stacks have at most `depth` steps."""
    frames = fastpath.standing()
    return tuple(blocked(wait, depth, frames) for wait in waits)


def blocked(wait: Wait, depth: int, frames: Mapping[int, Frames]) -> Blocked:
    """Return one thread that waits."""
    state = fastpath.find_thread(wait.thread)
    where = Where("an ended thread", (), trace.NO_STACK) if state is None else where_is(state, depth, frames)
    lock_class = awaited_class(wait)
    if wanted_lock(wait) is not None or lock_class is not None:
        return Blocked(where, lock_class, "a lock" if lock_class is None else lock_class.name, "")
    aim = cast(Aim, wait.aim)
    return Blocked(where, None, aim.text(), aim.place())


def awaited_class(wait: Wait) -> LockClass | None:
    """Return the class of the lock that a thread waits for; None if it waits for something else."""
    if isinstance(wait.aim, ModuleLoaded):
        return wait.aim.lock_class
    wanted = wanted_lock(wait)
    return None if wanted is None else wanted.entry.lock_class


def where_is(state: ThreadState, depth: int, frames: Mapping[int, Frames]) -> Where:
    """Return what a thread holds and where it stands."""
    stack = trace.standing_stack(frames.get(state.ident), depth)
    return Where(thread_name(state), held_by(state, stack), stack)


def stuck_behind(circle: Iterable[Wait], all_waits: Iterable[Wait]) -> list[Wait]:
    """Return the waits without a timeout that cannot end before one of this circle does, in the order of their begin.

    Followed are waits that a single thread can end.
    """
    stuck = {wait.thread for wait in circle}
    rest = sorted((wait for wait in all_waits if wait.thread not in stuck and not wait.timed), key=since)
    found: list[Wait] = []
    before = -1
    while len(found) != before:
        before = len(found)
        for wait in [one for one in rest if one.thread not in stuck and one.ender() in stuck]:
            stuck.add(wait.thread)
            found.append(wait)
    return found


def since(wait: Wait) -> int:
    """Return when a wait began."""
    return wait.since
