"""Lock statistics as data: what was counted and timed for each lock class, apart for reads and writes.

Everything is text and numbers, so that it can be stored, and added up over threads, processes and runs: counts add,
the shortest and longest times are kept. Adding is associative and commutative.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeVar

Key = TypeVar("Key", str, int)
Counts = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Durations:
    """Waits or holds of one class. `histogram` has (upper bound in ns, how many times up to it), bounds rising."""

    count: int
    total_ns: int
    min_ns: int
    max_ns: int
    histogram: tuple[tuple[int, int], ...] = ()

    def merged(self, other: Durations) -> Durations:
        """Return both taken together. Durations of nothing have no shortest one."""
        if not self.count or not other.count:
            return self if self.count else other
        return Durations(
            self.count + other.count,
            self.total_ns + other.total_ns,
            min(self.min_ns, other.min_ns),
            max(self.max_ns, other.max_ns),
            added(self.histogram, other.histogram),
        )


@dataclass(frozen=True, slots=True)
class ClassStatistics:
    """One class, its reads or its writes. `wait` and `hold` are None where no clock ran.

    Bounces are acquisitions whose last holder was another thread. The points are places in the program: those that had
    to wait, and those that held the lock meanwhile. `threads` says how many acquisitions each thread made.
    """

    name: str
    kind: str
    read: bool
    acquisitions: int = 0
    contentions: int = 0
    bounces: int = 0
    contention_bounces: int = 0
    timeouts: int = 0
    wait: Durations | None = None
    hold: Durations | None = None
    contention_points: Counts = ()
    contending_points: Counts = ()
    threads: Counts = ()

    def merged(self, other: ClassStatistics) -> ClassStatistics:
        """Return both taken together; they are of one class, both reads or both writes."""
        return ClassStatistics(
            self.name,
            joined(self.kind, other.kind),
            self.read,
            self.acquisitions + other.acquisitions,
            self.contentions + other.contentions,
            self.bounces + other.bounces,
            self.contention_bounces + other.contention_bounces,
            self.timeouts + other.timeouts,
            together(self.wait, other.wait),
            together(self.hold, other.hold),
            added(self.contention_points, other.contention_points),
            added(self.contending_points, other.contending_points),
            added(self.threads, other.threads),
        )

    def since(self, before: ClassStatistics) -> ClassStatistics:
        """Return what came after an earlier look at the same class. Points and shares are those of all time."""
        return replace(
            self,
            acquisitions=self.acquisitions - before.acquisitions,
            contentions=self.contentions - before.contentions,
            bounces=self.bounces - before.bounces,
            contention_bounces=self.contention_bounces - before.contention_bounces,
            timeouts=self.timeouts - before.timeouts,
            wait=apart(self.wait, before.wait),
            hold=apart(self.hold, before.hold),
        )


def together(first: Durations | None, second: Durations | None) -> Durations | None:
    """Return the times of both, if there are any."""
    if first is None or second is None:
        return second if first is None else first
    return first.merged(second)


def apart(now: Durations | None, before: Durations | None) -> Durations | None:
    """Return the times that came after an earlier look; the shortest and the longest are those of all time."""
    if now is None or before is None:
        return now
    count = now.count - before.count
    return replace(now, count=count, total_ns=now.total_ns - before.total_ns) if count > 0 else None


def added(first: Iterable[tuple[Key, int]], second: Iterable[tuple[Key, int]]) -> tuple[tuple[Key, int], ...]:
    """Return the sum of two tables of counts, in the order of their keys."""
    total: dict[Key, int] = {}
    for key, count in chain(first, second):
        total[key] = total.get(key, 0) + count
    return tuple(sorted(total.items()))


def joined(first: str, second: str) -> str:
    """Return the kinds of lock that one name had in different versions of a program: `Lock / RLock`."""
    return first if first == second else " / ".join(sorted({*first.split(" / "), *second.split(" / ")}))
