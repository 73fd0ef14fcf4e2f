"""A wait that is longer than its context allows (kernel: check_wait_context)."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record


@record
class InvalidWaitContext(Defaults):
    """A lock that may have to wait is taken where such a wait is not allowed.

    `context` is the wait type that the running code allows, `tightest` what it and the held locks allow together.
    """

    slug: ClassVar[str] = "wait-context"
    title: ClassVar[str] = "Invalid wait context"

    lock_class: LockClass
    mode: int
    context: int
    tightest: int
    where: Where

    @property
    def headline(self) -> str:
        """The title as a bug, in the kernel's own form."""
        return f"[ BUG: {self.title} ]"

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The lock that is taken, and the held lock that forbids it, if one does."""
        forbids = [lock.lock_class for lock in self.where.held if lock.lock_class.traits.inner == self.tightest]
        return (self.lock_class, *forbids[:1])
