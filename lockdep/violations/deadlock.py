"""Threads that wait for each other and will never go on (kernel: debug_rt_mutex_print_deadlock)."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record


@record
class Blocked:
    """A thread that waits: for a lock of the class `lock_class`, or for what `awaited` names, which begins at `place`.

    `where` says what it holds and where it stands.
    """

    where: Where
    lock_class: LockClass | None
    awaited: str
    place: str


@record
class Deadlock(Defaults):
    """Each of `threads` waits for the next one, and the last one for the first. `behind` names who waits for them."""

    slug: ClassVar[str] = "deadlock"
    title: ClassVar[str] = "circular locking deadlock detected!"
    title_counts: ClassVar[bool] = True

    threads: tuple[Blocked, ...]
    behind: tuple[str, ...]

    @property
    def headline(self) -> str:
        """The title as a bug: nothing about it is only possible."""
        return f"BUG: {self.title}"

    @property
    def where(self) -> Where:
        """The first of the threads."""
        return self.threads[0].where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The locks that are waited for, in the order of the circle."""
        return tuple(thread.lock_class for thread in self.threads if thread.lock_class is not None)

    @property
    def places(self) -> tuple[str, ...]:
        """Where the threads and work items begin that are waited for."""
        return tuple(thread.place for thread in self.threads if thread.lock_class is None)
