"""A lock that the child of a fork has from its parent, where another thread used it, or held it at that moment."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.trace import StackTrace
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record


@record
class ForkedLock(Defaults):
    """A child waits for a lock that another thread of its parent used, or held at the fork.

    `other` is the name of that thread, which the child does not have; `taken` is where it took the lock if it held it.
    `forked` is where the process was forked. If not `waits`, the child has not asked for the lock yet.
    """

    slug: ClassVar[str] = "fork"
    title: ClassVar[str] = "possible deadlock: a forked child needs a lock of its parent's threads"

    lock_class: LockClass
    held: bool
    waits: bool
    other: str
    taken: StackTrace
    forked: StackTrace
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The one class."""
        return (self.lock_class,)
