"""A thread waits for a coroutine that only the event loop of this thread can run."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record


@record
class WaitForOwnLoop(Defaults):
    """The thread at `where` waits for the coroutine `awaited`, whose code begins at `awaited_place`."""

    slug: ClassVar[str] = "loop"
    title: ClassVar[str] = "possible deadlock: a thread waits for its own event loop"

    awaited: str
    awaited_place: str
    timed: bool
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """No lock takes part."""
        return ()

    @property
    def places(self) -> tuple[str, ...]:
        """The place where the awaited code begins."""
        return (self.awaited_place,)
