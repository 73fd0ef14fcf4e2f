"""Lock statistics as data: the counts and times of each lock class, with reads and writes kept apart.

Everything is text and numbers, so that it can be stored, and added up over threads, processes and runs. Adding sums the
counts and keeps the shortest and the longest time. It is associative and commutative.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, TypeVar

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
        total = StatisticsTotal(self)
        total.add(other)
        return total.record()

    def since(self, before: ClassStatistics) -> ClassStatistics:
        """Return the difference to an earlier record of this class. `threads` are those of the whole run."""
        return replace(
            self,
            acquisitions=self.acquisitions - before.acquisitions,
            contentions=self.contentions - before.contentions,
            bounces=self.bounces - before.bounces,
            contention_bounces=self.contention_bounces - before.contention_bounces,
            timeouts=self.timeouts - before.timeouts,
            wait=apart(self.wait, before.wait),
            hold=apart(self.hold, before.hold),
            contention_points=without(self.contention_points, before.contention_points),
            contending_points=without(self.contending_points, before.contending_points),
            waited_at=without(self.waited_at, before.waited_at),
            waited_behind=without(self.waited_behind, before.waited_behind),
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


def without(now: Counts, before: Counts) -> Counts:
    """Return what has been counted since an earlier table."""
    known = dict(before)
    return tuple((key, count - known.get(key, 0)) for key, count in now if count > known.get(key, 0))


def joined(first: str, second: str) -> str:
    """Return the kinds of lock that one name had in different runs as one text: `Lock / RLock`."""
    return first if first == second else " / ".join(sorted({*first.split(" / "), *second.split(" / ")}))


_TABLES = (
    "contention_points", "contending_points", "threads", "waiting_now", "holding_now", "waited_at", "waited_behind",
)  # fmt: skip


class StatisticsTotal:
    """The statistics of a class, for reads or for writes. Those of a single snapshot stay as they are."""

    __slots__ = ("_counts", "_first", "_hold", "_kind", "_numbers", "_summed", "_wait")

    def __init__(self, first: Any) -> None:
        self._first = first
        self._summed = False
        self._kind: str = first.kind
        self._numbers = (0, 0, 0, 0, 0)
        self._wait: Durations | None = None
        self._hold: Durations | None = None
        self._counts: list[dict[str, int] | None] = [None] * len(_TABLES)

    def add(self, one: Any) -> None:
        """Add the statistics of the same class in another snapshot."""
        if not self._summed:
            self._summed = True
            self.add(self._first)
        if one.kind != self._kind:
            self._kind = joined(self._kind, one.kind)
        a, b, c, d, e = self._numbers
        self._numbers = (
            a + one.acquisitions,
            b + one.contentions,
            c + one.bounces,
            d + one.contention_bounces,
            e + one.timeouts,
        )
        if one.wait is not None:
            self._wait = with_more(self._wait, one.wait)
        if one.hold is not None:
            self._hold = with_more(self._hold, one.hold)
        if one.threads:
            self._count(2, one.threads)
        if one.contentions or one.contention_points or one.contending_points or one.waiting_now or one.holding_now:
            for at, name in enumerate(_TABLES):
                if at != 2:
                    self._count(at, getattr(one, name))

    def _count(self, at: int, pairs: Counts) -> None:
        counts = self._counts[at]
        if counts is None:
            counts = self._counts[at] = {}
        for key, count in pairs:
            counts[key] = counts.get(key, 0) + count

    def record(self) -> ClassStatistics:
        """Return the record of the sum."""
        if not self._summed:
            one = self._first
            wait, hold = (None if kept is None else with_more(None, kept) for kept in (one.wait, one.hold))
            numbers = (one.acquisitions, one.contentions, one.bounces, one.contention_bounces, one.timeouts)
            tables = [getattr(one, name) for name in _TABLES]
            return ClassStatistics(one.name, one.kind, one.read, *numbers, wait, hold, *tables)
        counts = [() if one is None else tuple(sorted(one.items())) for one in self._counts]
        return ClassStatistics(
            self._first.name, self._kind, self._first.read, *self._numbers, self._wait, self._hold, *counts
        )


def with_more(known: Durations | None, more: Any) -> Durations:
    """Return the sum of durations."""
    added = Durations(more.count, more.total_ns, more.min_ns, more.max_ns, more.histogram)
    return added if known is None else known.merged(added)
