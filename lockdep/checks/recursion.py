"""Recursion: a thread wants a lock that it holds itself and that cannot be taken twice (kernel: check_deadlock)."""

from __future__ import annotations

from lockdep.trace import StackTrace
from lockdep.violations import HeldLock, Recursion


def check_recursion(
    held: tuple[HeldLock, ...], serial: int, thread: str, stack: StackTrace, *, timed: bool
) -> Recursion | None:
    """Return a violation if the instance `serial` is among the held locks."""
    for prev in reversed(held):
        if prev.serial == serial:
            return Recursion(prev=prev, thread=thread, held=held, stack=stack, timed=timed)
    return None
