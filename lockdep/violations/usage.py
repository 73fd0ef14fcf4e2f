"""A class used inside an interrupt, and held with that interrupt enabled (kernel: print_usage_bug)."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.trace import StackTrace
from lockdep.violations.interrupts import Interruption
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record


@record
class InconsistentState(Defaults):
    """The usage bit `new` of a class contradicts the bit `old`, which it has had since `old_stack`.

    `interruption` is set if one of Python's own handlers takes the lock.
    """

    slug: ClassVar[str] = "usage"
    title: ClassVar[str] = "inconsistent lock state"

    lock_class: LockClass
    mode: int
    old: int
    new: int
    old_stack: StackTrace
    where: Where
    interruption: Interruption | None = None

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The one class."""
        return (self.lock_class,)
