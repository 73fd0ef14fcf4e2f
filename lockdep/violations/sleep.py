"""Code that may sleep was reached where sleeping is not allowed (kernel: __might_sleep)."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record


@record
class AtomicSleep(Defaults):
    """might_sleep() was reached at `place`, in a context or under a lock that forbids sleeping."""

    slug: ClassVar[str] = "sleep"
    title: ClassVar[str] = "sleeping function called from invalid context"

    place: str
    where: Where

    @property
    def headline(self) -> str:
        """The title as a bug, with the file and line of the place."""
        return f"BUG: {self.title} at {self.place.partition(' in ')[0]}"

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The classes of the held locks."""
        return tuple(lock.lock_class for lock in self.where.held)

    @property
    def places(self) -> tuple[str, ...]:
        """Where might_sleep() was called."""
        return (self.place,)
