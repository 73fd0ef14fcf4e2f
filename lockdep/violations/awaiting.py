"""A lock of threads that a task of an event loop holds while it awaits something."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.violation import Defaults
from lockdep.violations.where import HeldLock, Where
from lockdep.vocabulary.record import record


@record
class HeldAwaiting(Defaults):
    """A task holds a lock while it waits, at the innermost place of `where`, and its loop runs other tasks."""

    slug: ClassVar[str] = "await"
    title: ClassVar[str] = "possible deadlock: a lock of threads is held across an await"

    lock: HeldLock
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The one class."""
        return (self.lock.lock_class,)
