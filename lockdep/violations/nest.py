"""A nest lock that is not held (kernel: print_lock_nested_lock_not_held)."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record


@record
class NestNotHeld(Defaults):
    """The argument `nest` names a lock that must be held while several of these locks are taken. It is not held."""

    slug: ClassVar[str] = "nest"
    title: ClassVar[str] = "Nested lock was not taken"

    lock_class: LockClass
    nest_class: LockClass
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The lock that is taken, and the nest lock."""
        return (self.lock_class, self.nest_class)
