"""A thread that ended while it held locks."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record


@record
class EndedHolding(Defaults):
    """A thread ended and did not release the locks in `where.held`."""

    slug: ClassVar[str] = "lifetime"
    title: ClassVar[str] = "thread ended with locks still held"
    thread_goes_on: ClassVar[bool] = False

    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The classes of the locks it held, outermost first."""
        return tuple(lock.lock_class for lock in self.where.held)
