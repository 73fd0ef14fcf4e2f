"""Instances of one class that are taken in orders that form a ring: 1 before 2, 2 before 3, 3 before 1."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Witness
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record


@record
class InstanceRing(Defaults):
    """Instances of one class are taken in orders that form a ring. The last witness closed it."""

    slug: ClassVar[str] = "circular"
    title: ClassVar[str] = "possible circular locking dependency detected"

    lock_class: LockClass
    ring: tuple[Witness, ...]
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The one class."""
        return (self.lock_class,)

    @property
    def dependencies(self) -> tuple[tuple[str, str], ...]:
        """The dependency of the class on itself."""
        return ((self.lock_class.name, self.lock_class.name),)
