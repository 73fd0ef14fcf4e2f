"""Semaphore: a count of units; `down` takes one, waiting first come, first served, and `up` gives one (kernel:
semaphore). As in an RWSem, a waiter that was just called can be overtaken for some milliseconds.

Any thread may give a unit, even one that has taken none. To the validator a unit is held by the thread that took it,
until that thread or another one gives a unit; giving for another thread is no finding. A semaphore that starts with no
units is an event: nobody holds it, and a thread that waits for it depends on the locks held by the threads that give.

With one unit it is a lock that its holder must not take again. With several, taking a second unit is not validated.
"""

from __future__ import annotations

from dataclasses import dataclass

from lockdep.fastpath import DepMap
from lockdep.fastpath.waitqueue import FOREVER, UnitPool
from lockdep.wait_types import SLEEP, Traits


@dataclass(frozen=True, slots=True)
class SemaphoreStatistics:
    """The state of a semaphore at one moment.

    waiting         threads that wait for a unit
    count           free units
    holders         units that threads have taken and not given back
    acquisitions    units taken so far
    contended       how often a thread has had to wait so far
    """

    waiting: int
    count: int
    holders: int
    acquisitions: int
    contended: int


class Semaphore(UnitPool):
    """Counting semaphore. `acquire`, `release` and `with` take and give one unit."""

    __slots__ = ()
    traits: Traits = Traits(inner=SLEEP)

    def __init__(self, count: int = 1, name: str | None = None) -> None:
        if count < 0:
            raise ValueError("the count of a semaphore cannot be negative")
        super().__init__(DepMap(name, type(self)), count, count == 0)

    def down(self) -> None:
        """Take a unit, waiting in the queue if there is none."""
        self.lock(1)

    def down_interruptible(self) -> None:
        """Like down, but raise InterruptedError, without a unit, if a signal handler runs meanwhile.

        Compiled build only.
        """
        self.lock(1, 0, FOREVER, True)

    def down_killable(self) -> None:
        """Like down. A Python program is killed by an exception from a signal handler, which ends any wait."""
        self.lock(1)

    def down_timeout(self, timeout: float) -> bool:
        """Take a unit, waiting for at most `timeout` seconds; return whether it was taken."""
        return self.lock(1, 0, max(0, timeout))

    def down_trylock(self) -> bool:
        """Take a unit if one is free; return whether it was taken. (The kernel's function returns 0 for that.)"""
        return self.lock(1, 0, 0)

    def up(self) -> None:
        """Give a unit. Any thread may do this."""
        self.unlock(1)

    @property
    def count(self) -> int:
        """The number of free units."""
        return self.free

    def statistics(self) -> SemaphoreStatistics:
        """Return the statistics at this moment."""
        return SemaphoreStatistics(
            self.waiting, self.free, len(self.holders), self.dep_map.acquisitions, self.contended
        )
