"""Cycles among the dependencies of several runs that no single run saw.

Each run has already reported the cycles that it saw. This module looks for cycles whose dependencies come from
different runs. It rebuilds the graph from the records, uses the graph's search for strong paths, and reports a cycle
like any other finding, with the name of the run behind each thread. The grade is potential, since the locks of
different runs never existed at the same time; it is unmatched if a lock of one class was held on all sides.

Cost: finding the components of the graph, then one or two breadth-first searches for each dependency inside a component
to which several runs contribute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency, Witness
from lockdep.graph.graph import DependencyGraph
from lockdep.graph.usage_table import UsageTable
from lockdep.snapshots.knots import knots, successors
from lockdep.snapshots.records import (
    ClassRecord,
    DependencyRecord,
    FindingRecord,
    KindRecord,
    ProcessRecord,
    WitnessRecord,
)
from lockdep.splats.splat import tell
from lockdep.trace import StackTrace, TextStack
from lockdep.violations.circular import CircularDependency
from lockdep.violations.finding import Finding
from lockdep.violations.suppressions import SuppressionList
from lockdep.violations.where import HeldLock, Where
from lockdep.vocabulary.grades import POTENTIAL, STALL, UNMATCHED
from lockdep.vocabulary.kinds import PROCESS, RECURSIVE, SHARED, TIMED, kind_bits
from lockdep.vocabulary.usage import single_bits
from lockdep.wait_types import Traits

LONGER_WAY_BUDGET = 500  # steps of the search for a longer cycle, made if one run saw the shortest one
SHOWN_RUNS = 3
Cycle = tuple[DependencyRecord, ...]
Way = tuple[int, tuple[int, ...]]  # (number of timed waits, the chosen kinds)


def find_cycles(
    runs: Sequence[ProcessRecord], classes: Mapping[str, ClassRecord], dependencies: Sequence[DependencyRecord]
) -> list[FindingRecord]:
    """Return findings for cycles that no single run saw, enough to cover each dependency of such a cycle."""
    if len(runs) < 2:
        return []
    units = shared_units(classes, dependencies)
    dependencies = [one for one in dependencies if one.next not in units]
    parts = [knot for knot in knots(successors(dependencies)) if len(knot) > 1]
    knot_of = {name: number for number, knot in enumerate(parts) for name in knot}
    inner: dict[int, list[DependencyRecord]] = {}
    for one in dependencies:
        if one.prev != one.next and one.prev in knot_of and knot_of[one.prev] == knot_of.get(one.next):
            inner.setdefault(knot_of[one.prev], []).append(one)
    found = (cycle for part in inner.values() if not one_saw_all(part) for cycle in SearchableGraph(part).cycles())
    cycles = {tuple(one.prev for one in cycle): cycle for cycle in found}
    maker = FindingMaker(runs, classes)
    return [maker.finding(cycle) for cycle in covering(cycles)]


def shared_units(classes: Mapping[str, ClassRecord], dependencies: Sequence[DependencyRecord]) -> set[str]:
    """Return the semaphores of several units that processes share.

    Whether a side that wants a unit waits for ever depends on how many all processes want at once, which is not known.
    """
    held = {one.prev for one in dependencies if any(kind_bits(kind.kind) & SHARED for kind in one.kinds)}
    return {name for name in held if name in classes and classes[name].kind == PROCESS}


def one_saw_all(part: Sequence[DependencyRecord]) -> bool:
    """Return whether one run saw all of these dependencies in all their kinds, so that it has reported their cycles."""
    return bool(frozenset.intersection(*(kind.runs for one in part for kind in one.kinds)))


def covering(cycles: Mapping[tuple[str, ...], Cycle]) -> list[Cycle]:
    """Return the shortest cycles that cover every dependency. Further cycles would show nothing new."""
    covered: set[tuple[str, str]] = set()
    chosen = []
    for names in sorted(cycles, key=lambda names: (len(names), names)):
        steps = set(pairwise((*names, names[0])))
        if not steps <= covered:
            covered |= steps
            chosen.append(cycles[names])
    return chosen


class SearchableGraph:
    """The dependencies of one strongly connected component, with searches for cycles."""

    def __init__(self, part: Sequence[DependencyRecord]) -> None:
        self._records = {(one.prev, one.next): one for one in part}
        self._graph, self._classes = rebuilt(part)

    def cycles(self) -> Iterator[Cycle]:
        """Yield a cycle through each dependency: the shortest one, or a longer one if a single run saw the shortest."""
        for one in self._records.values():
            cycle = self._through(one)
            if cycle is not None:
                first = min(range(len(cycle)), key=lambda at: cycle[at].prev)
                yield cycle[first:] + cycle[:first]

    def _through(self, one: DependencyRecord) -> Cycle | None:
        for kind in sorted((kind_bits(kind.kind) for kind in one.kinds), key=lambda kind: (kind & TIMED, kind)):
            start = (self._classes[one.next], bool(kind & RECURSIVE))
            goal, shared = self._classes[one.prev], bool(kind & SHARED)
            for timed in (False, True):
                path = self._graph.find_strong_path(start, goal, goal_shared=shared, timed=timed)
                cycle = None if path is None else self._cycle(one, path)
                if cycle is not None and not seen_by_one(cycle):
                    return cycle
            for path in self._graph.find_paths(start, goal, goal_shared=shared, budget=LONGER_WAY_BUDGET):
                cycle = self._cycle(one, path)
                if not seen_by_one(cycle):
                    return cycle
        return None

    def _cycle(self, one: DependencyRecord, path: Sequence[Dependency]) -> Cycle:
        return (one, *(self._records[str(step.prev.given), str(step.next.given)] for step in path))


def rebuilt(part: Sequence[DependencyRecord]) -> tuple[DependencyGraph, dict[str, LockClass]]:
    """Return a graph of these dependencies, without witnesses and valid ranks, and its classes by name."""
    graph = DependencyGraph()
    names = sorted({name for one in part for name in (one.prev, one.next)})
    classes = {name: LockClass("", given=name) for name in names}
    for one in part:
        prev, next_ = classes[one.prev], classes[one.next]
        kinds: dict[int, list[Witness]] = {kind_bits(kind.kind): [] for kind in one.kinds}
        graph.after.setdefault(prev, {})[next_] = Dependency(prev, next_, kinds)
    return graph, classes


def seen_by_one(cycle: Cycle) -> bool:
    """Return whether one run saw the whole cycle, in kinds that make it a strong one, and so has reported it."""
    common = frozenset.intersection(*(one.runs for one in cycle))
    return any(is_strong([[kind.kind for kind in one.kinds if run in kind.runs] for one in cycle]) for run in common)


def is_strong(kinds: Sequence[Sequence[str]]) -> bool:
    """Return whether one kind of each dependency can be chosen so that no shared holder follows a recursive reader."""
    return choose_kinds([[kind_bits(kind) for kind in column] for column in kinds]) is not None


def choose_kinds(columns: Sequence[Sequence[int]]) -> tuple[int, ...] | None:
    """Return one kind for each dependency that make a strong cycle with few timed waits, or None."""
    best: Way | None = None
    for first in sorted(columns[0]):
        # The cheapest choice so far that ends in a recursive reader, and the cheapest that does not.
        ways: dict[bool, Way] = {bool(first & RECURSIVE): (first & TIMED, (first,))}
        for column in columns[1:]:
            ways = next_ways(ways, column)
        for ends, way in ways.items():
            if not (ends and first & SHARED) and (best is None or way < best):
                best = way
    return None if best is None else best[1]


def next_ways(ways: dict[bool, Way], column: Sequence[int]) -> dict[bool, Way]:
    found: dict[bool, Way] = {}
    for ends, (timed, chosen) in ways.items():
        for kind in column:
            if not (ends and kind & SHARED):
                way = (timed + (kind & TIMED), (*chosen, kind))
                found[bool(kind & RECURSIVE)] = min(way, found.get(bool(kind & RECURSIVE), way))
    return found


class FindingMaker:
    """Turns cycles of records into findings, with the classes, witnesses and stacks that a report needs."""

    def __init__(self, runs: Sequence[ProcessRecord], classes: Mapping[str, ClassRecord]) -> None:
        self._names = {run.id: run.name for run in runs}
        self._records = classes
        self._suppressions = SuppressionList(
            sorted({entry for run in runs for entry in (run.option("suppress") or ())})
        )
        self._usage = UsageTable()
        self._classes: dict[str, LockClass] = {}

    def finding(self, cycle: Cycle) -> FindingRecord:
        """Return the record of the finding for a cycle."""
        kinds = choose_kinds([[kind_bits(kind.kind) for kind in one.kinds] for one in cycle])
        assert kinds is not None
        path = tuple(Dependency(self._lock_class(one.prev), self._lock_class(one.next)) for one in cycle)
        seen = [next(kind for kind in one.kinds if kind_bits(kind.kind) == wanted)
                for one, wanted in zip(cycle, kinds, strict=True)]  # fmt: skip
        chosen = tuple((kind, self._witness(record)) for kind, record in zip(kinds, seen, strict=True))
        last = chosen[-1][1]
        held = HeldLock(path[-1].prev, 0, last.prev_stack, kinds[-1] & SHARED)
        violation = CircularDependency(path, chosen, Where(last.thread, (held,), last.next_stack))
        stall = any(kind & TIMED for kind in kinds)
        reason = f"no single run saw the whole cycle: {self._shares(cycle, seen)}"
        gate = common_gate(cycle, self._kind)
        if stall:
            reason = f"one of the waits has a timeout; {reason}"
        if gate is not None:
            reason = f"{gate} was always held on all sides, which excludes it if that is one lock; {reason}"
        grade = STALL if stall else POTENTIAL if gate is None else UNMATCHED
        finding = Finding(violation, grade, reason, self._usage)
        finding.suppressed = self._suppressions.find(finding) is not None
        return FindingRecord.of(finding, tell(finding), across=True)

    def _kind(self, name: str) -> str:
        record = self._records.get(name)
        return "" if record is None else record.kind

    def _lock_class(self, name: str) -> LockClass:
        found = self._classes.get(name)
        if found is None:
            record = self._records.get(name, ClassRecord(name, "lock"))
            traits = Traits(record.inner, record.outer)
            found = self._classes[name] = LockClass(record.kind, given=lambda: name, traits=traits)
            for bit in single_bits(record.mask):
                self._usage.mark(found, bit, StackTrace(()))
        return found

    def _witness(self, kind: KindRecord) -> Witness:
        seen = kind.witnesses[0] if kind.witnesses else WitnessRecord((), (), "a thread", "", min(kind.runs))
        thread = f"{seen.thread} in {self._names.get(seen.run, seen.run)}"
        return Witness(thread, 0, 0, 0, TextStack(seen.held), TextStack(seen.wanted), (), seen.awaited)

    def _shares(self, cycle: Cycle, seen: Sequence[KindRecord]) -> str:
        return "; ".join(
            f"{one.prev} -> {one.next} in {self._files(kind.runs)}" for one, kind in zip(cycle, seen, strict=True)
        )

    def _files(self, runs: frozenset[str]) -> str:
        names = sorted({self._names.get(run, run) for run in runs})
        more = f" and {len(names) - SHOWN_RUNS} more" if len(names) > SHOWN_RUNS else ""
        return ", ".join(names[:SHOWN_RUNS]) + more


def common_gate(cycle: Cycle, kind_of: Callable[[str], str]) -> str | None:
    """Return the class of a lock that was held in every observation of each step, if every observation was kept.

    If all locks of the cycle exclude other processes, so must this one.
    """
    kinds = [kind for one in cycle for kind in one.kinds]
    held = [set(witness.others) for kind in kinds for witness in kind.witnesses]
    if not held or any(kind.saturated or not kind.witnesses for kind in kinds):
        return None
    among_processes = all(kind_of(one.prev) == PROCESS for one in cycle)
    gates = [name for name in set.intersection(*held) if not among_processes or kind_of(name) == PROCESS]
    return min(gates, default=None)
