"""What is exported, whatever the system: which numbers of which locks, with which labels.

Cost of reading: that of lock_stats(), about 0.1 ms for each class, in the thread that asks. Nothing is
added to an acquisition. Times are there only while they are measured, see lock_stat.start.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from time import monotonic
from typing import NamedTuple

from lockdep import lock_stat, runtime
from lockdep.snapshots.lock_statistics import ClassStatistics, Counts, Durations

FRESH_SECONDS = 0.5


class Labels(NamedTuple):
    """What tells one series from another: the lock class, its kind, and whether it is taken to read or to write."""

    lock: str
    kind: str
    mode: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of each lock class: its name, what it counts, and how it is read."""

    name: str
    text: str
    unit: str
    read: Callable[[ClassStatistics], float]


def how_many(counts: Counts) -> int:
    return sum(count for _, count in counts)


def seconds(times: Durations | None) -> float:
    """Return the sum of durations in seconds."""
    return times.total_ns / 1e9 if times else 0.0


COUNTERS = (
    Measure("acquisitions", "How often the lock was taken.", "", lambda one: one.acquisitions),
    Measure("contentions", "How often a thread had to wait for the lock.", "", lambda one: one.contentions),
    Measure("bounces", "How often another thread had the lock before.", "", lambda one: one.bounces),
    Measure("timeouts", "How often a wait for the lock ended without it.", "", lambda one: one.timeouts),
)
TIMES = (
    Measure("wait", "How long threads waited for the lock.", "s", lambda one: seconds(one.wait)),
    Measure("hold", "How long the lock was held.", "s", lambda one: seconds(one.hold)),
)
GAUGES = (
    Measure("waiting", "How many threads wait for the lock now.", "", lambda one: how_many(one.waiting_now)),
    Measure("holding", "How many threads hold the lock now.", "", lambda one: how_many(one.holding_now)),
)


def locks(names: str = "*") -> dict[Labels, ClassStatistics]:
    """Return the statistics of each lock class whose name matches a glob. No two have the same labels."""
    found: dict[Labels, ClassStatistics] = {}
    for one in lock_stat.lock_stats():
        if fnmatchcase(one.name, names):
            labels = Labels(one.name, one.kind, "read" if one.read else "write")
            found[labels] = found[labels].merged(one) if labels in found else one
    return found


class SharedReading:
    """Statistics for several instruments that are read one after the other: they read them once for all."""

    def __init__(self, names: str) -> None:
        self._names: str = names
        self._last: tuple[float, dict[Labels, ClassStatistics]] = (-FRESH_SECONDS, {})

    def locks(self) -> dict[Labels, ClassStatistics]:
        """Return what locks() does, or did a moment ago."""
        made, found = self._last
        if monotonic() - made >= FRESH_SECONDS:
            found = locks(self._names)
            self._last = monotonic(), found
        return found


def findings() -> Counter[tuple[str, str]]:
    """Return how many findings there are of each kind and grade."""
    return Counter((finding.slug, finding.grade) for finding in runtime.findings())
