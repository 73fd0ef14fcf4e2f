"""Join: a thread waits for a run (a thread or a work item) that takes a lock which the waiter holds."""

from __future__ import annotations

from typing import NamedTuple

from lockdep.fastpath import TIMED, Sighting
from lockdep.graph.runs import Run
from lockdep.trace import StackTrace, seen_stack
from lockdep.validator.acquisition import never_gives_up
from lockdep.violations.join import JoinWhileHolding
from lockdep.violations.where import HeldLock, Where


class Wanted(NamedTuple):
    """Where a thread of another process takes a lock; `gives_up` says that it waits for it with a timeout."""

    stack: StackTrace
    gives_up: bool


def check_join(prev: HeldLock, run: Run, where: Where, *, timed: bool) -> JoinWhileHolding | None:
    """Return a violation if the run took the lock instance that is held. `timed`: the wait has a timeout.

    So has the run, if it has never taken the lock without one.
    """
    seen = run.took.get(prev.serial)
    if seen is None:
        return None
    gives_up = bool(seen.chain.entry.mode & TIMED) and not never_gives_up(seen.stack())
    return JoinWhileHolding(prev, run.label(), run.place(), taken_at(seen), timed, where, gives_up, run.taker)


def taken_at(seen: Sighting) -> StackTrace:
    """Return where a run took a lock."""
    steps = seen.stack()
    return seen_stack(steps, len(steps))
