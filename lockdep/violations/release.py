"""A release without a matching acquisition (kernel: print_unlock_imbalance_bug)."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.trace import site
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record


@record
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

    @property
    def places(self) -> tuple[str, ...]:
        """Where it is released: each place that releases what it does not hold is a bug of its own."""
        return (site(self.where.stack),)
