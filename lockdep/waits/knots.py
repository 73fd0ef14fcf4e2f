"""Knots: waits that nobody who could still go on will end (theory: reduction of a general resource graph, Holt 1972).

Threads that do not wait, or wait with a timeout, are alive. Whoever an alive thread can free is alive, too. What is
left when nothing changes any more is blocked, and if it is the same some time later, with the same waits, for ever.

An event can be signalled by anybody: also by a signal handler, or by C code in a thread that is none of Python's. So
waits for events are in a knot only where there is nothing of that kind, and if a thread that waits for one holds a lock
or a unit that another one wants, or if its end or its result is waited for. Threads that only wait for events are idle.
The same goes for a thread that waits for a lock which it holds itself: any other one may release that.

Cost: O(waits + held locks) for each round of the reduction, and perhaps one look at the frames of all threads.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import os
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import cast

from lockdep import fastpath
from lockdep.fastpath import ExclusiveLock, Wait
from lockdep.paths import STDLIB
from lockdep.trace import Frames, is_ours
from lockdep.waits.aims import Aim, Enders
from lockdep.waits.enders import enders_of, holdings

ASYNCIO = os.path.join(STDLIB, "asyncio") + os.sep
TASKS = "/proc/self/task"  # the threads of this process, also those that are none of Python's


def find_knot(waits: Iterable[Wait]) -> list[Wait]:
    """Return the waits in a knot that hold up others of them; [] if there is no knot.

    Who waits behind others than these is not in it: leave out what was reported, and what is blocked behind that is not
    found either.
    """
    untimed = asleep([wait for wait in waits if not wait.timed])
    enders = find_enders(untimed)
    blocked = reduced(untimed, enders, world_alive=True)
    if not blocked and not world_is_alive(untimed):
        blocked = reduced(untimed, enders, world_alive=False)
        if not any(is_held_up(wait, enders[wait], blocked) for wait in blocked):
            return []
    return core_of(blocked, enders)


def asleep(waits: list[Wait]) -> list[Wait]:
    """Return the waits without those for what has fewer sleepers than waits: some were woken, and have not run yet."""
    aims = [(wait, None if wait.lock is not None else cast(Aim, wait.aim).sleepers) for wait in waits]
    counts = Counter(id(sleepers) for _, sleepers in aims)
    return [wait for wait, sleepers in aims if sleepers is None or counts[id(sleepers)] <= len(sleepers)]


def find_enders(waits: list[Wait]) -> dict[Wait, Enders]:
    """Return who can end each wait."""
    queued: dict[int, list[Wait]] = {}
    for wait in waits:
        if wait.lock is not None:
            queued.setdefault(wait.lock.serial, []).append(wait)
    holders = holdings(waits)
    return {wait: enders_of(wait, holders, queued) for wait in waits}


def reduced(waits: list[Wait], enders: Mapping[Wait, Enders], *, world_alive: bool) -> list[Wait]:
    """Return the waits that are left when all are taken away, again and again, that somebody alive can end."""
    left = waits
    while True:
        stuck = {wait.thread for wait in left}
        anybody = world_alive or len(left) < len(waits)
        rest = [wait for wait in left if not can_end(enders[wait], stuck, anybody=anybody)]
        if len(rest) == len(left):
            return rest
        left = rest


def can_end(enders: Enders, stuck: set[int], *, anybody: bool) -> bool:
    """Return whether a wait can end while these threads cannot go on; `anybody` says whether others can."""
    if enders.anybody and anybody:
        return True
    if enders.every:
        return stuck.isdisjoint(enders.serials)
    return not stuck.issuperset(enders.serials)


def is_held_up(wait: Wait, enders: Enders, blocked: list[Wait]) -> bool:
    """Return whether a thread waits for a lock, unit, end or result of a blocked thread, or of one that has ended.

    The blocked thread may be the same one.
    """
    if wait.lock is None and getattr(wait.aim, "run", None) is None:
        return is_resource(wait)
    return any(other.thread in enders.serials for other in blocked) or has_no_holder(wait)


def has_no_holder(wait: Wait) -> bool:
    """Return whether a thread waits for a lock that no other thread holds any more, or ever did."""
    return is_orphaned(wait) or is_own(wait)


def is_orphaned(wait: Wait) -> bool:
    """Return whether a thread waits for a lock whose holder has ended."""
    lock = wait.lock
    if not isinstance(lock, ExclusiveLock) or lock.crossed or lock.owner <= 0:
        return False
    return fastpath.find_thread(lock.owner) is None


def is_own(wait: Wait) -> bool:
    """Return whether a thread waits for a lock that it holds itself."""
    return isinstance(wait.lock, ExclusiveLock) and wait.lock.owner == wait.thread


def core_of(blocked: list[Wait], enders: Mapping[Wait, Enders]) -> list[Wait]:
    """Return the waits of threads that hold up others, and those for what it is not known who has."""
    awaited = {ender for wait in blocked for ender in enders[wait].serials}
    return [wait for wait in blocked if wait.thread in awaited or has_no_holder(wait) or is_resource(wait)]


def is_resource(wait: Wait) -> bool:
    """Return whether a thread waits for a unit that others have taken, though it is not known who."""
    return wait.lock is None and cast(Aim, wait.aim).resource


def world_is_alive(waits: list[Wait]) -> bool:
    """Return whether anything can happen in this process without one of these waits ending first."""
    if fastpath.greenlets_patched() or has_handlers():
        return True
    frames = fastpath.standing()
    states = [fastpath.find_thread(wait.thread) for wait in waits]
    waiting = {state.ident for state in states if state is not None}
    if any(not is_idle(stack) for ident, stack in frames.items() if ident not in waiting):
        return True
    try:
        return len(os.listdir(TASKS)) > len(frames)
    except OSError:
        return True


def is_idle(frames: Frames) -> bool:
    """Return whether a thread waits in C for others to go on.

    That is a worker of a pool, whose queue is in C, or the main thread at its end, which waits for all other threads.
    """
    pools = sys.modules.get("concurrent.futures.thread")
    innermost, _ = next(iter(frames), (None, 0))
    waiting = (getattr(pools, "_worker", None), getattr(threading, "_shutdown", None))
    return innermost is not None and innermost in [getattr(function, "__code__", None) for function in waiting]


def has_handlers() -> bool:
    """Return whether the program has set a signal handler that could signal or release something.

    Those of asyncio only wake its loop, or cancel its main task.
    """
    usual = (_signal.SIG_DFL, _signal.SIG_IGN, _signal.default_int_handler, None)
    handlers = [_signal.getsignal(number) for number in _signal.valid_signals()]
    files = [file_of(handler) for handler in handlers if handler not in usual]
    return not all(is_ours(file) or file.startswith(ASYNCIO) for file in files)


def file_of(handler: object) -> str:
    """Return the file of a handler's code; '' if that is not a function."""
    function = getattr(handler, "func", handler)  # of a functools.partial
    return str(getattr(getattr(function, "__code__", None), "co_filename", ""))


def is_only_thread() -> bool:
    """Return whether nothing can happen in this process while the running thread waits: no thread, no handler.

    Cost: 20 us.
    """
    try:
        return len(os.listdir(TASKS)) == 1 and not fastpath.greenlets_patched() and not has_handlers()
    except OSError:
        return False
