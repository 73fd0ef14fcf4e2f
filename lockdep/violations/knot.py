"""Threads that nobody can free any more, though they are in no simple circle (theory: a knot)."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.deadlock import Blocked
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record


@record
class BlockedForEver(Defaults):
    """Each of `threads` holds up others, and nobody who could still run can end its wait. `behind` names the others."""

    slug: ClassVar[str] = "deadlock"
    title: ClassVar[str] = "threads are blocked for ever"
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
        """The locks that are waited for, each once."""
        return tuple(dict.fromkeys(thread.lock_class for thread in self.threads if thread.lock_class is not None))

    @property
    def places(self) -> tuple[str, ...]:
        """What else is waited for, each once."""
        return tuple(dict.fromkeys(thread.place for thread in self.threads if thread.lock_class is None))
