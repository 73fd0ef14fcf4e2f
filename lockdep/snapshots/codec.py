"""A snapshot as plain data and back: the layout of snapshot files, which schema.json describes.

Each frame and each stack is stored once, in a table of its own. Other rows refer to stacks and runs by number and to
classes by name. A deep chain refers to a shorter one, so that chains of n nested locks take n rows of one size.
Reading checks every value that it uses and raises Broken where one is wrong. Fields that it does not know are ignored,
so that a newer program can add some without a new version.

Rows are plain data for JSON, in which a tuple is a list. Cost: about 10 us for each dependency for reading, and some us
for writing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, TypeVar

from lockdep.snapshots.checked import Broken, flag, items, number, one_of, pick, text
from lockdep.snapshots.finding_codec import finding_row, read_finding, read_frame
from lockdep.snapshots.lock_statistics import ClassStatistics, Durations
from lockdep.snapshots.records import (
    BITS,
    ChainRecord,
    ClassRecord,
    DependencyRecord,
    KindRecord,
    Locks,
    ProcessRecord,
    Stack,
    Tables,
    WitnessRecord,
)
from lockdep.trace import Frame
from lockdep.vocabulary.kinds import kind_bits

FORMAT, VERSION = "lockdep snapshot", 3
DEEP = 16  # locks; a chain that begins with a shorter one of this size refers to it
_Record = TypeVar("_Record")
Row = dict[str, Any]


# -- writing


def sections(snapshot: Tables) -> Iterator[tuple[str, Iterable[Any]]]:
    """Yield (name, rows) of each table, in the order of the file. Use up the rows before asking for the next table.

    The tables of stacks and frames come last, because they are filled while the rows of the dependencies are made.
    """
    stacks = Stacks()
    numbers = {run.id: number for number, run in enumerate(snapshot.runs)}
    yield "runs", map(process_row, snapshot.runs)
    yield "classes", map(class_row, snapshot.classes)
    yield "findings", map(finding_row, snapshot.findings)
    yield "dependencies", (dependency_row(dependency, numbers, stacks) for dependency in snapshot.dependencies)
    yield "chains", chain_rows(snapshot.chains)
    yield "stats", map(statistics_row, snapshot.stats)
    yield "stacks", map(list, stacks.stacks)
    yield "frames", map(list, stacks.frames)


class Stacks:
    """The tables of stacks and frames: each is stored once and referred to by number."""

    def __init__(self) -> None:
        self.frames: dict[Frame, int] = {}
        self.stacks: dict[tuple[int, ...], int] = {}
        self._known: dict[int, int] = {}  # by id(): stacks are interned, so the same object comes again and again

    def number(self, stack: Stack) -> int:
        """Return the number of a stack. The caller must keep a reference to it, because it is found by id()."""
        found = self._known.get(id(stack))
        if found is None:
            steps = tuple(self.frames.setdefault(frame, len(self.frames)) for frame in stack)
            found = self._known[id(stack)] = self.stacks.setdefault(steps, len(self.stacks))
        return found


def process_row(run: ProcessRecord) -> Row:
    """Return a run as plain data."""
    row: Row = {name: getattr(run, name) for name in _PROCESS_TEXTS}
    options = {name: list(value) if isinstance(value, tuple) else value for name, value in run.options}
    return {**row, "pid": run.pid, "options": options, "counters": dict(run.counters)}


def class_row(record: ClassRecord) -> Row:
    """Return a class as plain data."""
    return {
        "name": record.name,
        "kind": record.kind,
        "usage": usage_of(record.bits),
        "bits": record.bits,
        "outer": record.outer,
        "inner": record.inner,
        "ops": record.ops,
    }


@cache
def usage_of(bits: tuple[str, ...]) -> str:
    """Return the usage characters of a class with these bits."""
    return ClassRecord("", "", bits).usage


def dependency_row(dependency: DependencyRecord, numbers: dict[str, int], stacks: Stacks) -> Row:
    """Return a dependency as plain data."""
    kinds = [
        {
            "kind": kind.kind,
            "runs": sorted([numbers[run] for run in kind.runs]),
            "count": kind.count,
            "saturated": kind.saturated,
            "witnesses": [
                {
                    "thread": witness.thread,
                    "awaited": witness.awaited,
                    "run": numbers[witness.run],
                    "count": witness.count,
                    "held": stacks.number(witness.held),
                    "wanted": stacks.number(witness.wanted),
                    "others": witness.others,
                }
                for witness in kind.witnesses
            ],
        }
        for kind in dependency.kinds
    ]
    return {"prev": dependency.prev, "next": dependency.next, "kinds": kinds}


def chain_rows(chains: Iterable[ChainRecord]) -> Iterator[Row]:
    """Yield chains as plain data. They are sorted, so a chain follows those with which it begins."""
    beginnings: list[tuple[int, Locks]] = []  # of the last chain: the numbers of their rows, and their locks
    for at, chain in enumerate(chains):
        locks = chain.locks
        while beginnings and locks[: len(beginnings[-1][1])] != beginnings[-1][1]:
            beginnings.pop()
        if beginnings:
            number, shared = beginnings[-1][0], len(beginnings[-1][1])
            yield {"context": chain.context, "after": number, "locks": locks[shared:]}
        else:
            yield {"context": chain.context, "locks": locks}
        if len(locks) >= DEEP:
            beginnings.append((at, locks))


def statistics_row(stat: ClassStatistics) -> Row:
    """Return the statistics of a class as plain data."""
    row: Row = {"name": stat.name, "kind": stat.kind, "read": stat.read}
    row |= {name: getattr(stat, name) for name in (*_STAT_NUMBERS, *_STAT_COUNTS, *_LATER_STAT_COUNTS)}
    row |= {name: None if (times := getattr(stat, name)) is None else durations_row(times) for name in ("wait", "hold")}
    return row


def durations_row(times: Durations) -> Row:
    """Return durations as plain data."""
    row: Row = {name: getattr(times, name) for name in _DURATION_NUMBERS}
    return row | {"histogram": times.histogram}


# -- reading


def decode(data: Any) -> Tables:
    """Return the tables of a snapshot. Raises Broken if the data is not a snapshot."""
    runs = table(data, "runs", read_process)
    frames = table(data, "frames", read_frame)
    stacks = table(data, "stacks", lambda row: tuple(pick(frames, number) for number in items(row, "stack")))
    classes = table(data, "classes", read_class)
    names = {record.name: record.name for record in classes}
    reader = DependencyReader([run.id for run in runs], stacks, names)
    return Tables(
        runs=runs,
        classes=classes,
        dependencies=table(data, "dependencies", reader.read),
        chains=table(data, "chains", ChainReader(names).read),
        findings=table(data, "findings", read_finding),
        stats=table(data, "stats", read_statistics),
    )


def table(data: Any, name: str, read: Callable[[Any], _Record]) -> tuple[_Record, ...]:
    """Read all rows of a table. Raises Broken, which names the row, if one is wrong."""
    if not isinstance(data, dict) or not isinstance(data.get(name), list):
        raise Broken(f"{name} is missing, or no list")
    records = []
    for at, row in enumerate(data[name]):
        try:
            records.append(read(row))
        except KeyError as error:
            raise Broken(f"{name}[{at}]: {error} is missing") from None
        except (TypeError, ValueError, IndexError, AttributeError) as error:
            raise Broken(f"{name}[{at}]: {error}") from None
    return tuple(records)


def read_process(row: Row) -> ProcessRecord:
    """Read a run."""
    options = tuple(
        (name, tuple(value) if isinstance(value, list) else value) for name, value in row["options"].items()
    )
    counters = tuple((name, number(value, name)) for name, value in row["counters"].items())
    pid = number(row["pid"], "pid")
    return ProcessRecord(
        **{name: text(row[name], name) for name in _PROCESS_TEXTS}, pid=pid, options=options, counters=counters
    )


def read_class(row: Row) -> ClassRecord:
    """Read a class; its usage characters follow from its bits."""
    bits = tuple(one_of(bit, BITS, "usage bit") for bit in items(row["bits"], "bits"))
    numbers = (number(row[name], name) for name in ("outer", "inner", "ops"))
    return ClassRecord(text(row["name"], "name"), text(row["kind"], "kind"), bits, *numbers)


class DependencyReader:
    """Reads the rows of dependencies, which refer to the tables of runs, stacks and classes."""

    def __init__(self, runs: list[str], stacks: tuple[Stack, ...], names: dict[str, str]) -> None:
        self._runs = runs
        self._stacks = stacks
        self._names = names
        self._sets: dict[tuple[int, ...], frozenset[str]] = {}

    def read(self, row: Row) -> DependencyRecord:
        """Read a dependency."""
        kinds = tuple(self._kind(kind) for kind in items(row["kinds"], "kinds"))
        prev, next_ = (one_of(row[key], self._names, "class") for key in ("prev", "next"))
        return DependencyRecord(self._names[prev], self._names[next_], kinds)

    def _kind(self, row: Row) -> KindRecord:
        kind = text(row["kind"], "kind")
        kind_bits(kind)
        witnesses = tuple(self._witness(witness) for witness in items(row["witnesses"], "witnesses"))
        return KindRecord(
            kind, self._run_set(row["runs"]), number(row["count"], "count"), witnesses, flag(row["saturated"])
        )

    def _run_set(self, row: Any) -> frozenset[str]:
        key = tuple(items(row, "runs"))
        found = self._sets.get(key)
        if found is None:
            found = self._sets[key] = frozenset(pick(self._runs, number) for number in key)
        return found

    def _witness(self, row: Row) -> WitnessRecord:
        return WitnessRecord(
            pick(self._stacks, row["held"]),
            pick(self._stacks, row["wanted"]),
            text(row["thread"], "thread"),
            text(row["awaited"], "awaited"),
            pick(self._runs, row["run"]),
            number(row["count"], "count"),
            tuple(text(name, "class") for name in items(row.get("others", []), "others")),
        )


class ChainReader:
    """Reads the rows of chains, which refer to classes and to earlier rows."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names
        self._locks: dict[tuple[str, str], tuple[str, str]] = {}  # equal ones are one object
        self._read: list[ChainRecord] = []

    def read(self, row: Row) -> ChainRecord:
        """Read a chain."""
        before = pick(self._read, row["after"]).locks if "after" in row else ()
        further = [self._lock(*lock) for lock in items(row["locks"], "locks")]
        self._read.append(ChainRecord((*before, *further), text(row["context"], "context")))
        return self._read[-1]

    def _lock(self, name: Any, how: Any) -> tuple[str, str]:
        lock = (self._names[one_of(name, self._names, "class")], text(how, "how"))
        return self._locks.setdefault(lock, lock)


def read_statistics(row: Row) -> ClassStatistics:
    """Read the statistics of a class."""
    values: Row = {name: number(row[name], name) for name in _STAT_NUMBERS}
    values |= {name: None if row[name] is None else read_durations(row[name]) for name in ("wait", "hold")}
    counts = {name: row[name] for name in _STAT_COUNTS} | {name: row.get(name, ()) for name in _LATER_STAT_COUNTS}
    values |= {name: tuple((text(at, name), number(n, name)) for at, n in rows) for name, rows in counts.items()}
    return ClassStatistics(text(row["name"], "name"), text(row["kind"], "kind"), flag(row["read"]), **values)


def read_durations(row: Row) -> Durations:
    """Read durations."""
    values: Row = {name: number(row[name], name) for name in _DURATION_NUMBERS}
    histogram = tuple((number(bound, "bound"), number(count, "count")) for bound, count in row["histogram"])
    return Durations(**values, histogram=histogram)


_PROCESS_TEXTS = ("id", "label", "taken", "python", "platform", "build", "lockdep", "file")
_STAT_NUMBERS = ("acquisitions", "contentions", "bounces", "contention_bounces", "timeouts")
_STAT_COUNTS = ("contention_points", "contending_points", "threads")
_LATER_STAT_COUNTS = ("waiting_now", "holding_now", "waited_at", "waited_behind")  # which older files do not have
_DURATION_NUMBERS = ("count", "total_ns", "min_ns", "max_ns")
