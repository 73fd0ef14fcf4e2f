"""Where a violation happened: the thread, the locks it held, its interrupt context and its stack."""

from __future__ import annotations

from lockdep.graph.dependency import HeldLock
from lockdep.trace import StackTrace
from lockdep.vocabulary.context import QUIET, ContextSummary
from lockdep.vocabulary.record import record


@record
class Where:
    """The thread at fault, the locks it held, its stack and its interrupt context."""

    thread: str
    held: tuple[HeldLock, ...]
    stack: StackTrace
    context: ContextSummary = QUIET


__all__ = ["HeldLock", "Where"]
