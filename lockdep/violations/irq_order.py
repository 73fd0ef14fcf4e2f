"""A new dependency that connects an irq-safe class with an irq-unsafe one (kernel: print_bad_irq_dependency)."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency
from lockdep.violations.interrupts import ClassUsage, PathLink, state_word
from lockdep.violations.violation import Defaults
from lockdep.violations.where import HeldLock, Where
from lockdep.vocabulary.record import record


@record
class IrqOrder(Defaults):
    """A new dependency connects a class that is safe against an interrupt to one that is not.

    `behind` leads from the safe class to the held one, `ahead` from the new one to the unsafe class. `path_links` is
    the whole path, including the new dependency. `usages` has every usage bit of each class on the path.
    """

    slug: ClassVar[str] = "irq-order"

    prev: HeldLock
    lock_class: LockClass
    mode: int
    safe: ClassUsage
    unsafe: ClassUsage
    behind: tuple[Dependency, ...]
    ahead: tuple[Dependency, ...]
    where: Where
    path_links: tuple[PathLink, ...] = ()
    usages: tuple[ClassUsage, ...] = ()

    @property
    def title(self) -> str:
        """The kind in words, with the interrupt that the safe class is safe against."""
        word = state_word(self.safe.bit)
        return f"{word}-safe -> {word}-unsafe lock order detected"

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The safe class, the held one, the new one, the unsafe one."""
        return (self.safe.lock_class, self.prev.lock_class, self.lock_class, self.unsafe.lock_class)
