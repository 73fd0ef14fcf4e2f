"""A work item waits for another one of its own pool: if all workers do that, none is left to run the others."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record


@record
class PoolStarvation(Defaults):
    """The work item `waiter` waits for the item `awaited`, which was submitted later to the same pool.

    `waiter_place` and `awaited_place` are where their code begins, `pool_place` is where the pool was made. It has at
    most `workers` threads.
    """

    slug: ClassVar[str] = "pool"
    title: ClassVar[str] = "possible deadlock: a work item waits for another one of its own pool"

    waiter: str
    waiter_place: str
    awaited: str
    awaited_place: str
    pool_place: str
    workers: int
    timed: bool
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """No lock takes part."""
        return ()

    @property
    def places(self) -> tuple[str, ...]:
        """The pool and the two items."""
        return (self.pool_place, self.waiter_place, self.awaited_place)

    @property
    def dependencies(self) -> tuple[tuple[str, str], ...]:
        """From the waiting item to the other one, which needs a worker of the pool, and so the first one."""
        return (
            (self.waiter_place, self.awaited_place),
            (self.awaited_place, self.pool_place),
            (self.pool_place, self.waiter_place),
        )
