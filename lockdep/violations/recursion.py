"""A lock that its holder wants again, or a second one of its class (kernel: check_deadlock)."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.graph.comparison import Compared
from lockdep.violations.violation import Defaults
from lockdep.violations.where import HeldLock, Where
from lockdep.vocabulary.record import record


@record
class Recursion(Defaults):
    """A thread wants a lock that it holds, or another of the same class, which may not be nested in itself.

    `same` is true if it is the same lock. `comparison` is the result of the class's ordering callback, or None if the
    class has no callback.
    """

    slug: ClassVar[str] = "recursive"
    title: ClassVar[str] = "possible recursive locking detected"

    prev: HeldLock
    lock_class: LockClass
    mode: int
    same: bool
    comparison: Compared | None
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The class that is nested in itself."""
        return (self.prev.lock_class,)

    @property
    def dependencies(self) -> tuple[tuple[str, str], ...]:
        """The dependency of the class on itself."""
        return ((self.prev.lock_class.name, self.prev.lock_class.name),)
