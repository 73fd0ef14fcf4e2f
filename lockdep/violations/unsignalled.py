"""A thread waits for a signal that so far only itself has given, or threads that have ended."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record


@record
class WaitForOwnSignal(Defaults):
    """The thread at `where` waits for a signal that nobody who runs has given before, apart from itself.

    `awaited` says what is waited for, `awaited_place` is where that was made, `thread_place` is where the code of the
    thread begins. `itself` says that it has signalled such a thing, `in_loop` that it is the only thread and
    runs an event loop.
    """

    slug: ClassVar[str] = "wait"
    title_counts: ClassVar[bool] = True
    title: ClassVar[str] = "possible deadlock: no other thread that runs has given this signal before"

    awaited: str
    awaited_place: str
    thread_place: str
    itself: bool
    timed: bool
    where: Where
    in_loop: bool = False

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """No lock takes part."""
        return ()

    @property
    def places(self) -> tuple[str, ...]:
        """What is waited for, and the thread that waits."""
        return (self.awaited_place, self.thread_place)

    @property
    def dependencies(self) -> tuple[tuple[str, str], ...]:
        """From what is awaited to the thread, which would have to signal it, and back."""
        return ((self.awaited_place, self.thread_place), (self.thread_place, self.awaited_place))
