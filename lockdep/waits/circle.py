"""A circle or a knot of waits as a violation: it begins with the same wait in every run, whichever thread found it."""

from __future__ import annotations

from collections.abc import Collection

from lockdep import fastpath
from lockdep.fastpath import Wait
from lockdep.violations.deadlock import Blocked, Deadlock
from lockdep.violations.knot import BlockedForEver
from lockdep.waits.blocked import blocked_threads, stuck_behind
from lockdep.waits.held import waiter_name


def deadlock_of(circle: list[Wait], depth: int) -> Deadlock:
    """Return the violation that these waits are. Stacks have at most `depth` steps."""
    threads = rotated(blocked_threads(circle, depth))
    behind = tuple(waiter_name(wait) for wait in stuck_behind(circle, fastpath.waits()))
    return Deadlock(threads, behind)


def knot_of(knot: Collection[Wait], depth: int) -> BlockedForEver | None:
    """Return the violation that a knot is; None if one of its waits has ended meanwhile. Stacks have `depth` steps.

    Shown are its threads, which hold up each other or others, and those that wait for a lock of theirs.
    """
    now = fastpath.waits()
    if not set(knot).issubset(now):
        return None
    core = {wait.thread for wait in knot}
    waits = [wait for wait in now if not wait.timed and (wait.thread in core or holds_up(core, wait))]
    threads = sorted(blocked_threads(waits, depth), key=lambda thread: (name_of_aim(thread), thread.where.thread))
    inside = {wait.thread for wait in waits}
    behind = sorted(waiter_name(wait) for wait in now if wait.thread not in inside and not wait.timed)
    return BlockedForEver(tuple(threads), tuple(behind))


def holds_up(threads: set[int], wait: Wait) -> bool:
    """Return whether a wait is for a lock that one of these threads owns."""
    return wait.lock is not None and wait.ender() in threads


def rotated(threads: tuple[Blocked, ...]) -> tuple[Blocked, ...]:
    """Return a circle so that it begins with the smallest name of what is waited for."""
    names = [name_of_aim(thread) for thread in threads]
    first = names.index(min(names))
    return threads[first:] + threads[:first]


def name_of_aim(thread: Blocked) -> str:
    """Return the name of what a thread waits for."""
    return thread.place or thread.awaited
