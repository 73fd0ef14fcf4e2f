"""Merging snapshots: the sum of what each run saw, and the cycles that only several runs together show.

The result does not depend on the order, and merging results of merges gives the same result: cycles across runs are
left out of the input and computed again. Files are merged row by row, by the key of each: what many runs saw becomes
one record, at the end. Memory: one copy of each class, dependency and chain, with a bounded number of witnesses.
Snapshots that were added are not kept.

Cost: about 2 us for each row that was known already, and five times that for a new one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from lockdep.snapshots.lock_statistics import StatisticsTotal
from lockdep.snapshots.records import ChainRecord, ClassRecord, DependencyRecord, FindingRecord, ProcessRecord, Tables
from lockdep.snapshots.totals import ByIdentity, KindTotal, StackTable
from lockdep.vocabulary.grades import EXCUSED, POTENTIAL
from lockdep.vocabulary.kinds import KINDS

if TYPE_CHECKING:
    from lockdep.snapshots.records import Locks
    from lockdep.snapshots.rows import Rows


class Mergeable(Protocol):
    """A record that can be merged with another record of the same thing."""

    def merged(self, other: Self) -> Self: ...


_Part = TypeVar("_Part", bound=Mergeable)
_Key = TypeVar("_Key")
Pair = tuple[str, str]
Kind = tuple[str, str, str]  # prev, next and the kind
Way = tuple[Any, ...]


def merged(sources: Iterable[Tables | Rows]) -> Tables:
    """Return the merge of snapshots and rows of files. Each is dropped before the next one is asked for."""
    merger = Merger()
    for source in sources:
        merger.add(source)
        del source
    return merger.tables()


class Merger:
    """Merges snapshots one after the other."""

    def __init__(self) -> None:
        self._added = 0
        self._runs: dict[str, ProcessRecord] = {}
        self._bits: dict[str, int] = {}  # id of a run -> its bit in sets of runs
        self._classes: dict[str, ClassRecord] = {}  # without their acquisitions, which are counted apart
        self._ops: dict[str, int] = {}
        self._kinds: dict[Kind, KindTotal] = {}
        self._stacks = StackTable()
        self._chains: set[tuple[Locks, str]] = set()
        self._findings: dict[tuple[str, str], FindingRecord] = {}
        self._merged_before: list[FindingRecord] = []  # cycles across the runs of one snapshot that is a merge itself
        self._stats: dict[tuple[str, bool], StatisticsTotal] = {}
        self._excused: dict[str, int] = {}  # id of a finding -> the runs whose observations were all excused
        self._excused_ways: dict[str, set[Way]] = {}  # and what these observations were

    def add(self, source: Tables | Rows) -> None:
        """Add a snapshot, or the rows of a file."""
        self._added += 1
        for run in source.runs:
            put(self._runs, run.id, run)
            self._bits.setdefault(run.id, 1 << len(self._bits))
        for record in source.classes:
            self._add_class(record)
        stacks = self._add_dependencies(source)
        self._chains.update(map(attrgetter("locks", "context"), source.chains))
        for finding in source.findings:
            self._add_finding(source, finding, stacks)
        for stat in source.stats:
            total = self._stats.get((stat.name, stat.read))
            if total is None:
                self._stats[stat.name, stat.read] = StatisticsTotal(stat)
            else:
                total.add(stat)

    def _add_class(self, row: Any) -> None:
        name = row.name
        known = self._classes.get(name)
        if known is None or known.kind != row.kind or known.bits != row.bits or known.waits != (row.outer, row.inner):
            record = ClassRecord(name, row.kind, row.bits, row.outer, row.inner)
            self._classes[name] = record if known is None else known.merged(record)
        self._ops[name] = self._ops.get(name, 0) + row.ops

    def _add_dependencies(self, source: Tables | Rows) -> Any:
        """Add the dependencies; return what gives our number of a stack as it is referred to there."""
        names: Any = Same() if isinstance(source, Tables) else [run.id for run in source.runs]
        stacks: Any = self._numbers_of(source)
        masks = Masks(names, self._bits)
        for one in source.dependencies:
            for kind in one.kinds:
                key = (one.prev, one.next, kind.kind)
                total = self._kinds.get(key)
                if total is None:
                    total = self._kinds[key] = KindTotal()
                total.add(kind, masks[kind.runs], stacks, names, self._stacks)
        return stacks

    def _numbers_of(self, source: Tables | Rows) -> ByIdentity | list[int]:
        if isinstance(source, Tables):
            return ByIdentity(self._stacks.number)
        return self._stacks.numbers(source.frames, source.stacks)

    def _add_finding(self, source: Tables | Rows, finding: FindingRecord, stacks: Any) -> None:
        if finding.across:
            self._merged_before.append(finding)
            return
        put(self._findings, (finding.id, finding.title), finding)
        if finding.grade == EXCUSED:
            for run in source.runs:
                self._excused[finding.id] = self._excused.get(finding.id, 0) | self._bits[run.id]
            self._excused_ways.setdefault(finding.id, set()).update(ways(source, finding, stacks))

    def tables(self) -> Tables:
        """Return the tables of the merged snapshot. Nothing can be added after that: the sums make room for them."""
        runs = tuple(self._runs[name] for name in sorted(self._runs))
        found = list(map(self._weighed, self._findings.values()))
        dependencies = self._all_dependencies()
        found += self._merged_before if self._added == 1 else self._across(runs, dependencies)
        return Tables(
            runs,
            tuple(self._class(name) for name in sorted(self._classes)),
            dependencies,
            tuple([ChainRecord(*key) for key in sorted(self._chains)]),
            tuple(sorted(found, key=lambda finding: finding.strength)),
            tuple(self._stats[key].record() for key in sorted(self._stats)),
        )

    def _class(self, name: str) -> ClassRecord:
        one = self._classes[name]
        return ClassRecord(name, one.kind, one.bits, one.outer, one.inner, self._ops[name])

    def _all_dependencies(self) -> tuple[DependencyRecord, ...]:
        sets = RunSets(self._bits)
        found = []
        for (prev, next_), keys in groupby(sorted(self._kinds), key=itemgetter(0, 1)):
            kinds = [(key[2], self._kinds.pop(key)) for key in keys]
            records = [total.record(kind, sets[total.runs], self._stacks) for kind, total in kinds]
            found.append(DependencyRecord(prev, next_, tuple(records)))
        return tuple(found)

    def _weighed(self, finding: FindingRecord) -> FindingRecord:
        """Return a finding as all runs together show it: those that saw a part of the cycle must all excuse it.

        A run that saw that part only where a run with an excuse saw it too, with the same locks held, has it as well.
        """
        if finding.grade != EXCUSED:
            return finding
        parts = {key: self._kinds[key] for pair in finding.dependencies for key in self._keys_of(pair)}
        excused = self._excused.get(finding.id, 0)
        if not any(part.runs & ~excused for part in parts.values()):
            return finding
        known = self._excused_ways.get(finding.id, set())
        if not any(part.saturated for part in parts.values()) and ways_of(parts) <= known:
            return finding
        return finding.regraded(POTENTIAL, "another run saw a part of the cycle without an excuse")

    def _keys_of(self, pair: Pair) -> list[Kind]:
        return [key for kind in KINDS if (key := (*pair, kind)) in self._kinds]

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


class Same:
    """Leads from everything to itself: a snapshot refers to a run by its id."""

    def __getitem__(self, name: str) -> str:
        return name


class Masks(dict[Hashable, int]):
    """The bits of the runs in a set; each set is looked at once."""

    def __init__(self, names: Any, bits: dict[str, int]) -> None:
        self._names, self._bits_of = names, bits

    def __missing__(self, runs: Any) -> int:
        mask = 0
        for run in runs:
            name = self._names[run]
            mask |= self._bits_of.setdefault(name, 1 << len(self._bits_of))
        self[runs] = mask
        return mask


class RunSets(dict[int, frozenset[str]]):
    """The set of runs that have these bits; equal ones are one object."""

    def __init__(self, bits: dict[str, int]) -> None:
        self._names = list(bits)

    def __missing__(self, mask: int) -> frozenset[str]:
        names = {name for at, name in enumerate(self._names) if mask >> at & 1}
        found = self[mask] = frozenset(names)  # made of a set, it takes half of the memory
        return found


def ways(source: Tables | Rows, finding: FindingRecord, stacks: Any) -> set[Way]:
    """Return in which ways a snapshot saw the dependencies of a cycle: kinds, places and locks held, in any thread."""
    pairs = set(finding.dependencies)
    return {
        (one.prev, one.next, kind.kind, stacks[seen.held], stacks[seen.wanted], seen.awaited, seen.others)
        for one in source.dependencies
        if (one.prev, one.next) in pairs
        for kind in one.kinds
        for seen in kind.witnesses
    }


def ways_of(kinds: dict[Kind, KindTotal]) -> set[Way]:
    """Return in which ways all snapshots together saw these kinds of dependencies."""
    return {
        (*key, held, wanted, awaited, others)
        for key, total in kinds.items()
        for held, wanted, _thread, awaited, others in total.observed()
    }


def put(records: dict[_Key, _Part], key: _Key, record: _Part) -> None:
    known = records.get(key)
    records[key] = record if known is None else known.merged(record)
