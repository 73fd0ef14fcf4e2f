"""Where a violation happened: the thread, the locks it held, its interrupt context and its stack."""

from __future__ import annotations

from dataclasses import dataclass

from lockdep.graph.classes import LockClass
from lockdep.trace import StackTrace
from lockdep.vocabulary.context import QUIET, ContextSummary


@dataclass(slots=True, eq=False)  # not frozen: a frozen one takes twice as long to make, on the slow path
class HeldLock:
    """A lock that a thread holds, and where it took it."""

    lock_class: LockClass
    serial: int
    stack: StackTrace
    mode: int = 0


@dataclass(frozen=True, slots=True)
class Where:
    """The thread at fault, the locks it held, its stack and its interrupt context."""

    thread: str
    held: tuple[HeldLock, ...]
    stack: StackTrace
    context: ContextSummary = QUIET
