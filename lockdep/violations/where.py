"""Where something happened: the thread, what it held, what it was inside of, and its stack."""

from __future__ import annotations

from dataclasses import dataclass

from lockdep.graph.classes import LockClass
from lockdep.trace import StackTrace
from lockdep.vocabulary.context import QUIET, ContextSummary


@dataclass(slots=True, eq=False)  # not frozen: made on the slow path, where that costs twice as much
class HeldLock:
    """A lock that a thread holds, and where it took it."""

    lock_class: LockClass
    serial: int
    stack: StackTrace
    mode: int = 0


@dataclass(frozen=True, slots=True)
class Where:
    """Who did it, what that thread held and was inside of, and where."""

    thread: str
    held: tuple[HeldLock, ...]
    stack: StackTrace
    context: ContextSummary = QUIET
