"""A class with a new usage bit, connected with a class of the opposite bit (kernel: print_irq_inversion_bug)."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency
from lockdep.violations.interrupts import ClassUsage, PathLink
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record


@record
class IrqInversion(Defaults):
    """A class gets the usage bit `bit`, and dependencies connect it with a class that has the opposite bit.

    `path` leads from the class to the other one if `forwards`, otherwise from the other one to the class. `path_links`
    is the same path with its witnesses. `usages` has every usage bit of each class on the path.
    """

    slug: ClassVar[str] = "irq-inversion"
    title: ClassVar[str] = "possible irq lock inversion dependency detected"

    lock_class: LockClass
    mode: int
    bit: int
    other: ClassUsage
    forwards: bool
    path: tuple[Dependency, ...]
    where: Where
    path_links: tuple[PathLink, ...] = ()
    usages: tuple[ClassUsage, ...] = ()

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The class that changed, and the other one."""
        return (self.lock_class, self.other.lock_class)
