"""Waiting for a run (a thread, a work item) that takes a lock which the waiter holds."""

from __future__ import annotations

from lockdep.runs import Run
from lockdep.trace import StackTrace
from lockdep.violations import HeldLock, JoinWhileHolding


def check_join(
    prev: HeldLock, held: tuple[HeldLock, ...], run: Run, thread: str, stack: StackTrace, *, timed: bool
) -> JoinWhileHolding | None:
    """Return a violation if the run took the very lock that is held."""
    chain = run.took.get(prev.serial)
    if chain is None:
        return None
    return JoinWhileHolding(
        prev=prev,
        awaited=run.label(),
        awaited_place=run.place(),
        taken=chain.stack,
        thread=thread,
        held=held,
        stack=stack,
        timed=timed,
    )
