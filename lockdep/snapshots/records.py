"""What a snapshot is made of: runs, classes, dependencies, chains and findings as text and numbers.

No record refers to a lock, a class or a code object, so it means the same in another process and on another machine.
Every `merged` is associative and commutative: it adds counts, and chooses the witnesses to keep by their content, not
by the order in which they came.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Protocol, Self, cast

from lockdep.snapshots.lock_statistics import ClassStatistics, joined
from lockdep.splats.document import Document
from lockdep.trace import Frame
from lockdep.vocabulary.grades import EXCUSED, at_least, level, rank
from lockdep.vocabulary.usage import USED_READ, bit_name, characters, single_bits

MOST_WITNESSES = 4  # kept for each kind of a dependency
MOST_PROCESSES = 8  # whose names are kept for each finding

Stack = tuple[Frame, ...]  # innermost frame first
BITS = {bit_name(bit): bit for bit in single_bits((USED_READ << 1) - 1)}


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """One process that was watched: what it ran on, with which options, and its counters.

    `file` is the file that it was read from. It does not count when two records are compared.
    """

    id: str
    label: str
    taken: str
    python: str
    platform: str
    build: str
    lockdep: str
    pid: int
    options: tuple[tuple[str, Any], ...] = ()
    counters: tuple[tuple[str, int], ...] = ()
    file: str = dataclasses.field(default="", compare=False)

    @property
    def process(self) -> str:
        """The program and the number of the process."""
        return f"{self.label} (pid {self.pid})"

    @property
    def name(self) -> str:
        """The name that reports use."""
        return self.file or self.label or self.id

    def option(self, name: str) -> Any:
        """Return the value of an option of this run, or None if the run did not have the option."""
        return dict(self.options).get(name)

    def merged(self, other: ProcessRecord) -> ProcessRecord:
        """Return one record of the same run from two snapshots: the later one, with the higher of each counter."""
        later = max(self, other, key=lambda run: (run.taken, repr(run)))
        counters = dict(self.counters)
        for name, count in other.counters:
            counters[name] = max(count, counters.get(name, 0))
        files = sorted(filter(None, (self.file, other.file)))
        return dataclasses.replace(later, counters=tuple(sorted(counters.items())), file=files[0] if files else "")


@dataclass(frozen=True, slots=True)
class ClassRecord:
    """A lock class. `bits` are the names of its usage bits, `ops` is the number of acquisitions, 0 if not counted."""

    name: str
    kind: str
    bits: tuple[str, ...] = ()
    outer: int = 0
    inner: int = 0
    ops: int = 0

    @property
    def mask(self) -> int:
        """The usage bits."""
        return sum(BITS[name] for name in self.bits)

    @property
    def usage(self) -> str:
        """The usage characters, `+.+.`."""
        return characters(self.mask)

    @property
    def waits(self) -> tuple[int, int]:
        """The two wait types."""
        return self.outer, self.inner

    @property
    def text(self) -> str:
        """The class as the kernel prints it: `(name){+.+.}-{4:4}`."""
        return f"({self.name}){{{self.usage}}}-{{{self.outer}:{self.inner}}}"

    def merged(self, other: ClassRecord) -> ClassRecord:
        """Return both merged. They must have the same name."""
        return ClassRecord(
            self.name,
            joined(self.kind, other.kind),
            tuple(sorted({*self.bits, *other.bits}, key=BITS.__getitem__)),
            max(self.outer, other.outer),
            max(self.inner, other.inner),
            self.ops + other.ops,
        )


@dataclass(frozen=True, slots=True)
class WitnessRecord:
    """One observation of a dependency: the stack where prev was taken, and the stack where next was wanted.

    If a thread or work item was waited for, which took next, `awaited` is its name. `run` is the id of a run that made
    the observation, and `others` names the classes of the other locks that the thread held.
    """

    held: Stack
    wanted: Stack
    thread: str
    awaited: str
    run: str
    count: int = 1
    others: tuple[str, ...] = ()

    def merged(self, other: WitnessRecord) -> WitnessRecord:
        """Return both merged. They may differ only in run and count."""
        return dataclasses.replace(self, run=min(self.run, other.run), count=self.count + other.count)


WITNESS_KEY = attrgetter("held", "wanted", "thread", "awaited", "others")  # two witnesses with the same key are merged


@dataclass(frozen=True, slots=True)
class KindRecord:
    """One kind of a dependency, and the runs that saw it. `saturated`: there were more witnesses than are kept."""

    kind: str
    runs: frozenset[str]
    count: int
    witnesses: tuple[WitnessRecord, ...]
    saturated: bool = False

    @classmethod
    def of(
        cls, kind: str, runs: frozenset[str], count: int, witnesses: Sequence[WitnessRecord], saturated: bool
    ) -> KindRecord:
        """Make a record from any number of witnesses. Equal ones are merged, and only the smallest ones are kept."""
        kept: list[WitnessRecord] = []
        # They are compared and not hashed: a hash would visit all frames.
        for witness in witnesses if len(witnesses) < 2 else sorted(witnesses, key=WITNESS_KEY):
            if kept and WITNESS_KEY(kept[-1]) == WITNESS_KEY(witness):
                kept[-1] = kept[-1].merged(witness)
            else:
                kept.append(witness)
        return cls(kind, runs, count, tuple(kept[:MOST_WITNESSES]), saturated or len(kept) > MOST_WITNESSES)

    def merged(self, other: KindRecord) -> KindRecord:
        """Return both merged. They must be of the same kind."""
        runs = self.runs | other.runs
        count, saturated = self.count + other.count, self.saturated or other.saturated
        return KindRecord.of(self.kind, runs, count, (*self.witnesses, *other.witnesses), saturated)


@dataclass(frozen=True, slots=True)
class DependencyRecord:
    """The dependency prev -> next, with every kind in which it was seen."""

    prev: str
    next: str
    kinds: tuple[KindRecord, ...]

    @property
    def runs(self) -> frozenset[str]:
        """The ids of the runs that saw it."""
        return frozenset().union(*(kind.runs for kind in self.kinds))

    @property
    def count(self) -> int:
        """The number of observations."""
        return sum(kind.count for kind in self.kinds)

    def merged(self, other: DependencyRecord) -> DependencyRecord:
        """Return both merged. They must connect the same classes."""
        kinds = {kind.kind: kind for kind in self.kinds}
        for kind in other.kinds:
            known = kinds.get(kind.kind)
            kinds[kind.kind] = kind if known is None else known.merged(kind)
        return DependencyRecord(self.prev, self.next, tuple(kinds[word] for word in sorted(kinds)))


Locks = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, order=True)
class ChainRecord:
    """Locks held together, outermost first, each as (class name, how it was taken), and the running handlers."""

    locks: Locks
    context: str = ""


class Reported(Protocol):
    """The fields of a `lockdep.Finding` that a record keeps in addition to the report."""

    @property
    def classes(self) -> tuple[str, ...]: ...

    @property
    def dependencies(self) -> tuple[tuple[str, str], ...]: ...

    @property
    def count(self) -> int: ...

    @property
    def suppressed(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class FindingRecord:
    """A finding with its report. `across` says that only the merge of several runs shows it.

    `processes` names those that made it, program and pid; at most MOST_PROCESSES of them.
    """

    document: Document
    classes: tuple[str, ...]
    dependencies: tuple[tuple[str, str], ...]
    count: int
    suppressed: bool
    across: bool = False
    processes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, finding: Reported, document: Document, *, across: bool = False, processes: tuple[str, ...] = ()
    ) -> FindingRecord:
        """Return the record of a finding and of the report about it."""
        suppressed = finding.suppressed
        return cls(document, finding.classes, finding.dependencies, finding.count, suppressed, across, processes)

    @property
    def shown(self) -> bool:
        """Whether reports show it unless they are asked for more: it is not suppressed and has no excuse."""
        return not self.suppressed and self.grade != EXCUSED

    @property
    def slug(self) -> str:
        """The kind of finding in one word, as suppressions name it."""
        return self.document.header.slug

    @property
    def title(self) -> str:
        """The kind of finding in words."""
        return self.document.header.title

    @property
    def level(self) -> str:
        """'error' or 'warning'."""
        return self.document.header.level

    @property
    def grade(self) -> str:
        """How strong the evidence is."""
        return self.document.header.grade

    @property
    def reason(self) -> str:
        """Why it has this grade."""
        return self.document.header.reason

    @property
    def excuses(self) -> tuple[str, ...]:
        """What excuses its observations, if all of them are."""
        return self.document.header.excuses

    @property
    def id(self) -> str:
        """The hash that is equal in every run and on every machine."""
        return self.document.header.id

    @property
    def text(self) -> str:
        """The report."""
        return str(self.document)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, as Finding.to_dict() does; `across` and `processes` are added."""
        header = ("slug", "title", "level", "grade", "reason", "id")
        return {
            **{name: getattr(self, name) for name in header},
            "excuses": list(self.document.header.excuses),
            "classes": list(self.classes),
            "dependencies": [list(pair) for pair in self.dependencies],
            "count": self.count,
            "suppressed": self.suppressed,
            "text": self.text,
            "document": self.document.to_dict(),
            "across": self.across,
            "processes": list(self.processes),
        }

    @property
    def strength(self) -> tuple[Any, ...]:
        """What sorts findings, the strongest first."""
        return (rank(self.grade), self.slug, self.classes, self.id, self.title, self.reason, self.text)

    def at_least(self, grade: str) -> bool:
        """Return whether the evidence is as strong as this grade, or stronger."""
        return at_least(self.grade, grade)

    def regraded(self, grade: str, reason: str) -> FindingRecord:
        """Return it with another grade, without excuses."""
        header = dataclasses.replace(self.document.header, grade=grade, level=level(grade), reason=reason, excuses=())
        return dataclasses.replace(self, document=dataclasses.replace(self.document, header=header))

    def merged(self, other: FindingRecord) -> FindingRecord:
        """Return one record of a finding from two runs: the one with stronger evidence, suppressed only if both are."""
        best = min(self, other, key=lambda finding: (finding.strength, finding.dependencies, repr(finding.document)))
        return dataclasses.replace(
            best,
            count=self.count + other.count,
            suppressed=self.suppressed and other.suppressed,
            processes=tuple(sorted({*self.processes, *other.processes}))[:MOST_PROCESSES],
        )

    def __str__(self) -> str:
        return self.text


class HasRuns:
    """What has runs, and can say where each comes from."""

    __slots__ = ()
    runs: tuple[ProcessRecord, ...]

    def labelled(self, file: str) -> Self:
        """Return it with `file` noted as the origin of each run that has none yet."""
        return self._from(lambda _: file)

    def by_process(self) -> Self:
        """Return it with program and pid as the origin of each run that has none yet."""
        return self._from(lambda run: run.process)

    def _from(self, origin: Callable[[ProcessRecord], str]) -> Self:
        runs = tuple(run if run.file else dataclasses.replace(run, file=origin(run)) for run in self.runs)
        changed: Any = self
        return cast("Self", dataclasses.replace(changed, runs=runs))


@dataclass(frozen=True, slots=True)
class Tables(HasRuns):
    """The tables of a snapshot. Each is sorted, so that the order of events makes no difference."""

    runs: tuple[ProcessRecord, ...] = ()
    classes: tuple[ClassRecord, ...] = ()
    dependencies: tuple[DependencyRecord, ...] = ()
    chains: tuple[ChainRecord, ...] = ()
    findings: tuple[FindingRecord, ...] = ()
    stats: tuple[ClassStatistics, ...] = ()


__all__ = [
    "BITS", "MOST_WITNESSES", "ChainRecord", "ClassRecord", "DependencyRecord", "FindingRecord", "Frame", "KindRecord",
    "Locks", "ProcessRecord", "Stack", "Tables", "WitnessRecord",
]  # fmt: skip
