"""Locks are taken in another order than the program has declared (lockdep.order)."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.violation import Defaults
from lockdep.violations.where import HeldLock, Where
from lockdep.vocabulary.record import record


@record
class DeclaredOrder(Defaults):
    """`lock_class` is taken under `held`, although `declared` leads from it to the class of `held`.

    `declared` has the classes in their declared order, each with the place of the declaration that comes before it.
    """

    slug: ClassVar[str] = "order"
    title: ClassVar[str] = "declared lock order violated"

    held: HeldLock
    lock_class: LockClass
    declared: tuple[tuple[LockClass, str], ...]
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The held lock's class, and that of the lock that is taken."""
        return (self.held.lock_class, self.lock_class)
