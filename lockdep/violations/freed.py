"""A held lock that is initialised again or collected (kernel: print_freed_lock_bug)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where


@dataclass(slots=True, repr=False, eq=False)  # not frozen: a frozen one takes twice as long to make, on the slow path
class HeldLockFreed(Defaults):
    """A lock is initialised again or collected while it is held; `how` says which, `owner` names its holder."""

    slug: ClassVar[str] = "freed"
    title: ClassVar[str] = "held lock freed!"

    lock_class: LockClass
    how: str
    owner: str
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The one class."""
        return (self.lock_class,)
