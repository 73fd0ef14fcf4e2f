"""Merging snapshots: the sum of what each run saw, and the cycles that only several runs together show.

The result does not depend on the order, and merging results of merges gives the same result: cycles across runs are
left out of the input and computed again. Memory: one copy of each class, dependency and chain, with a bounded number of
witnesses. Snapshots that were added are not kept.
"""

from __future__ import annotations

from typing import Any, Protocol, Self, TypeVar

from lockdep.snapshots.lock_statistics import ClassStatistics
from lockdep.snapshots.records import ChainRecord, ClassRecord, DependencyRecord, FindingRecord, ProcessRecord, Tables


class Mergeable(Protocol):
    """A record that can be merged with another record of the same thing."""

    def merged(self, other: Self) -> Self: ...


_Part = TypeVar("_Part", bound=Mergeable)
_Key = TypeVar("_Key")
Runs = frozenset[str]


class Merger:
    """Merges snapshots one after the other."""

    def __init__(self) -> None:
        self._runs: dict[str, ProcessRecord] = {}
        self._classes: dict[str, ClassRecord] = {}
        self._dependencies: dict[tuple[str, str], DependencyRecord] = {}
        self._chains: dict[ChainRecord, None] = {}
        self._findings: dict[tuple[str, str], FindingRecord] = {}
        self._stats: dict[tuple[str, bool], ClassStatistics] = {}
        self._unions: dict[tuple[Runs, Runs], Runs] = {}

    def add(self, snapshot: Tables) -> None:
        """Add a snapshot."""
        for run in snapshot.runs:
            put(self._runs, run.id, run)
        for record in snapshot.classes:
            put(self._classes, record.name, record)
        for one in snapshot.dependencies:
            self._depend(one)
        self._unions.clear()  # only a cache: the dependencies keep the sets that are in use
        self._chains.update(dict.fromkeys(snapshot.chains))
        for finding in snapshot.findings:
            if not finding.across:
                put(self._findings, (finding.id, finding.title), finding)
        for stat in snapshot.stats:
            put(self._stats, (stat.name, stat.read), stat)

    def tables(self) -> Tables:
        """Return the tables of the merged snapshot."""
        runs = in_order(self._runs)
        dependencies = in_order(self._dependencies)
        found = (*self._findings.values(), *self._across(runs, dependencies))
        return Tables(
            runs,
            in_order(self._classes),
            dependencies,
            tuple(sorted(self._chains)),
            tuple(sorted(found, key=lambda finding: finding.strength)),
            in_order(self._stats),
        )

    def _across(
        self, runs: tuple[ProcessRecord, ...], dependencies: tuple[DependencyRecord, ...]
    ) -> list[FindingRecord]:
        """Return the findings for cycles that no single run has reported."""
        if len(runs) < 2:
            return []
        from lockdep.snapshots.cycles import find_cycles  # here, because it loads the graph and the compiled modules

        known = set(self._findings)
        found = find_cycles(runs, self._classes, dependencies)
        return [finding for finding in found if (finding.id, finding.title) not in known]

    def _depend(self, one: DependencyRecord) -> None:
        known = self._dependencies.get((one.prev, one.next))
        self._dependencies[one.prev, one.next] = one if known is None else known.merged(one, self._union)

    def _union(self, first: Runs, second: Runs) -> Runs:
        """Return the union of two sets of runs, as one object that all dependencies with these runs share."""
        found = self._unions.get((first, second))
        if found is None:
            found = self._unions[first, second] = first | second
        return found


def put(records: dict[_Key, _Part], key: _Key, record: _Part) -> None:
    known = records.get(key)
    records[key] = record if known is None else known.merged(record)


def in_order(records: dict[Any, _Part]) -> tuple[_Part, ...]:
    return tuple(records[key] for key in sorted(records))
