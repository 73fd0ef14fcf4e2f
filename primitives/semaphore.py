"""Semaphore: a count of units; `down` takes one, or waits for one in turn, `up` gives one (kernel: struct semaphore).

Any thread may give a unit, also one that has none. To the validator a unit is held by the thread that took it, until
that thread gives one or another one does in its place, which is no finding. A semaphore that starts with no units is an
event: nobody holds it, and who waits for it depends on what those hold who signal it.

With one unit it is a lock that its holder must not take again; with more, a second unit is not validated.
"""

from __future__ import annotations

from dataclasses import dataclass

from lockdep.fastpath import DepMap
from lockdep.fastpath.waitqueue import FOREVER, UnitPool
from lockdep.wait_types import SLEEP, Traits


@dataclass(frozen=True, slots=True)
class SemaphoreStatistics:
    """count: the units that are free; holders: the units that threads have taken and not given back."""

    waiting: int
    count: int
    holders: int
    acquisitions: int
    contended: int


class Semaphore(UnitPool):
    """Counting semaphore. `acquire`, `release` and `with` take and give one unit."""

    __slots__ = ()
    traits = Traits(inner=SLEEP)

    def __init__(self, count: int = 1, name: str | None = None) -> None:
        if count < 0:
            raise ValueError("a semaphore cannot start with less than no units")
        super().__init__(DepMap(name, type(self)), count, count == 0)

    def down(self) -> None:
        """Take a unit; wait for one in turn."""
        self.lock(1)

    def down_interruptible(self) -> None:
        """As down; InterruptedError when a signal handler has run, and no unit is taken. Compiled build only."""
        self.lock(1, 0, FOREVER, True)

    def down_killable(self) -> None:
        """As down: what kills a Python program is an exception out of a handler, and that ends any wait."""
        self.lock(1)

    def down_timeout(self, timeout: float) -> bool:
        """Take a unit; return False if there was none for so many seconds."""
        return self.lock(1, 0, max(0, timeout))

    def down_trylock(self) -> bool:
        """Take a unit if there is one now. Returns whether it did; the kernel's, which says 0 for that, does not."""
        return self.lock(1, 0, 0)

    def up(self) -> None:
        """Give a unit. Any thread may."""
        self.unlock(1)

    @property
    def count(self) -> int:
        """How many units are free."""
        return self.free

    def statistics(self) -> SemaphoreStatistics:
        """Return a picture of this moment."""
        return SemaphoreStatistics(
            self.waiting, self.free, len(self.holders), self.dep_map.acquisitions, self.contended
        )
