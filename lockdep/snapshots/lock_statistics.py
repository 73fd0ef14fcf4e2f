"""Lock statistics as data: the counts and times of each lock class, with reads and writes kept apart.

Everything is text and numbers, so that it can be stored, and added up over threads, processes and runs. Adding sums the
counts and keeps the shortest and the longest time. It is associative and commutative.
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
    """How long the waits or holds of one class took. `histogram` has (upper bound in ns, count), sorted by bound."""

    count: int
    total_ns: int
    min_ns: int
    max_ns: int
    histogram: tuple[tuple[int, int], ...] = ()

    def merged(self, other: Durations) -> Durations:
        """Return the sum of both. If one of them counts nothing, its shortest time does not count either."""
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
    """The statistics of one class for reads or for writes. `wait` and `hold` are None if no times were measured.

    A bounce is an acquisition whose previous holder was another thread. The points are places in the program where
    threads had to wait, and where the holders in their way had taken the lock. `threads` has the number of acquisitions
    of each thread. Of waits and holds that had not ended, `waiting_now` and `holding_now` say where, and by whom; the
    time until then of such waits is in `wait`. `waited_at` and `waited_behind` have the times of the points in ns,
    of waits that have ended with the lock.
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
    waiting_now: Counts = ()
    holding_now: Counts = ()
    waited_at: Counts = ()
    waited_behind: Counts = ()

    def merged(self, other: ClassStatistics) -> ClassStatistics:
        """Return the sum of both, which must belong to one class, both for reads or both for writes."""
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
            added(self.waiting_now, other.waiting_now),
            added(self.holding_now, other.holding_now),
            added(self.waited_at, other.waited_at),
            added(self.waited_behind, other.waited_behind),
        )

    def since(self, before: ClassStatistics) -> ClassStatistics:
        """Return the difference to an earlier record of this class. Points and threads are those of the whole run."""
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
    """Return the sum of two durations, either of which may be missing."""
    if first is None or second is None:
        return second if first is None else first
    return first.merged(second)


def apart(now: Durations | None, before: Durations | None) -> Durations | None:
    """Return the durations since an earlier record. The shortest and the longest are those of the whole run."""
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
    """Return the kinds of lock that one name had in different runs as one text: `Lock / RLock`."""
    return first if first == second else " / ".join(sorted({*first.split(" / "), *second.split(" / ")}))
