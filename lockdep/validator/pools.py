"""Pools that can starve: each worker runs an item that waits for a later item of the same pool.

Items that were seen to wait so, and that nothing orders, can do it at the same time. The caller holds the graph lock.
"""

from __future__ import annotations

from typing import NamedTuple

from lockdep.graph.clock import Clock
from lockdep.violations.book import FindingBook
from lockdep.violations.pool import PoolStarvation
from lockdep.vocabulary.grades import POTENTIAL, STALL, UNMATCHED

MOST_POOLS, MOST_WAITS = 1024, 64  # pools, and waits in each, that are remembered

ALL = "as many items as the pool has workers can wait like this at the same time"
SOME = "fewer items than the pool has workers were seen that can wait like this at the same time"


class PoolWait(NamedTuple):
    """A work item, by the serial of its run, has come to `moment`, where it waits. `clock` is what it knows then."""

    run: int
    moment: int
    clock: Clock

    def comes_after(self, other: PoolWait) -> bool:
        """Return whether the other wait has surely ended before this one began, or may have."""
        moment, _ = self.clock.known.get(other.run, (0, ""))
        return self.run == other.run or moment > other.moment or self.clock.dropped > other.moment


class PoolRules:
    """The waits that were seen in each pool."""

    def __init__(self, book: FindingBook) -> None:
        self._book = book
        self._waits: dict[int, list[PoolWait]] = {}  # by the serial of the pool

    def judge(self, pool: int, wait: PoolWait, violation: PoolStarvation) -> None:
        """Judge that an item waits for a later one of its own pool, which has this serial."""
        known = self._waits.get(pool, [])
        together = [wait]
        for other in reversed(known):
            if not any(one.comes_after(other) or other.comes_after(one) for one in together):
                together.append(other)
        if len(self._waits) < MOST_POOLS:
            self._waits[pool] = [*known[1 - MOST_WAITS :], wait]
        if violation.timed:
            self._book.register(violation, STALL, "the wait has a timeout")
        elif len(together) >= violation.workers:
            self._book.register(violation, POTENTIAL, ALL)
        else:
            self._book.register(violation, UNMATCHED, SOME)
