"""A release without a matching acquisition (kernel: print_unlock_imbalance_bug)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where


@dataclass(frozen=True, slots=True)
class BadRelease(Defaults):
    """A thread releases a lock that it does not hold. `owner` names the holder; it is '' if nobody holds the lock."""

    slug: ClassVar[str] = "release"
    title: ClassVar[str] = "bad unlock balance detected!"

    lock_class: LockClass
    owner: str
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The one class."""
        return (self.lock_class,)
