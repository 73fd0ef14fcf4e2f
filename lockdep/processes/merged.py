"""What all processes of a run have seen: the merge of their parts, and the findings that nobody has shown yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from lockdep import fastpath, runtime
from lockdep.config import Options
from lockdep.processes.folder import RunDirectory
from lockdep.reports.summary_line import plural, summary_line
from lockdep.snapshots.records import FindingRecord
from lockdep.snapshots.snapshot import Snapshot
from lockdep.validator.validator import Validator
from lockdep.violations.suppressions import SuppressionList
from lockdep.vocabulary.grades import EXCUSED, UNMATCHED, unmatched_line


@dataclass(frozen=True)
class Whole:
    """The merge of several processes. `told` are the ids of findings that were shown while they ran.

    `unwritten` are the numbers of those that have not written what they saw last, `broken` the parts that could not be
    read.
    """

    snapshot: Snapshot
    told: frozenset[str]
    full: bool = False
    unwritten: tuple[int, ...] = ()
    broken: tuple[str, ...] = ()

    def failing(self, options: Options) -> list[FindingRecord]:
        """Return the findings that fail a run with these options."""
        return [one for one in self.snapshot.findings if one.shown and fails(one, options)]

    def shown(self, options: Options) -> list[FindingRecord]:
        """Return the findings of which the report is shown."""
        return [one for one in self.snapshot.findings if one.shown and not is_quiet(one, options)]

    def untold_texts(self, options: Options) -> Iterator[str]:
        """Yield the reports that were not shown, each with the processes that made it; then how many are only counted.

        A cycle whose observations name different locks is only counted, as it is while the program runs.
        """
        left = [one for one in self.snapshot.findings if one.shown and one.id not in self.told]
        quiet = [one for one in left if is_quiet(one, options)]
        for one in left:
            if one not in quiet:
                yield text_of(one)
        if quiet:
            yield f"lockdep: in other processes: {unmatched_line(len(quiet))}"

    def summary(self, validator: Validator | None = None) -> str:
        """Return the line that stands at the end. `validator` is that of the first process, if it is this one."""
        shown = [one for one in self.snapshot.findings if one.shown]
        errors = sum(one.level == "error" for one in shown)
        parts = [plural(errors, "error"), plural(len(shown) - errors, "warning")]
        for count, word in ((self._suppressed(), "suppressed"), (self._excused(), EXCUSED)):
            if count:
                parts.append(f"{count} {word}")
        seen = self.snapshot
        rest = [] if validator is None else runtime.shortcomings(validator, self._used(validator))
        processes = len({run.pid for run in seen.runs})  # os.exec does not make another one
        found = f"{', '.join(parts)} in {plural(processes, 'process')}"
        counts = len(seen.classes), len(seen.dependencies), len(seen.chains)
        return summary_line(fastpath.BUILD, found, counts, [*rest, *self._lost()])

    def _lost(self) -> list[str]:
        """Return what is missing in the merge."""
        lost = ["no room for what other processes have seen"] if self.full else []
        if self.unwritten:
            lost.append(f"lost: what {listed(map(str, self.unwritten))} saw last")
        if self.broken:
            lost.append(f"not readable: {listed(self.broken)}")
        return lost

    def _suppressed(self) -> int:
        return sum(one.suppressed for one in self.snapshot.findings)

    def _excused(self) -> int:
        return sum(one.grade == EXCUSED and not one.suppressed for one in self.snapshot.findings)

    def _used(self, validator: Validator) -> frozenset[str]:
        """Return the suppressions that match a finding of any process."""
        entries = SuppressionList(validator.options.suppress)
        for one in self.snapshot.findings:
            entries.find(one)
        return frozenset(entry.text for entry, count in entries.counts() if count)


def whole_of(folder: RunDirectory, own: Snapshot | None = None) -> Whole | None:
    """Return the merge of the parts in a run directory with that of this process; None if there is nothing to merge.

    What this process has found counts as told. If others have seen something, but written nothing, the merge is that of
    this process alone.
    """
    first = () if own is None else (own.by_process(),)
    mine = {run.id for part in first for run in part.runs}
    others = (part for part in folder.loaded() if mine.isdisjoint(run.id for run in part.runs))
    here = {run.pid for part in first for run in part.runs}
    unwritten = tuple(pid for pid in folder.unwritten() if pid not in here)
    one = next(others, None)
    if one is None and not (first and unwritten):
        return None
    told = folder.claimed() | {one.id for part in first for one in part.findings}
    merged = Snapshot.merged(chain(first, () if one is None else (one,), others))
    return Whole(merged, told, folder.is_full, unwritten, tuple(folder.broken))


def fails(one: FindingRecord, options: Options) -> bool:
    """Return whether a finding fails a run with these options."""
    return options.strict or one.at_least(options.fail_on)


def is_quiet(one: FindingRecord, options: Options) -> bool:
    """Return whether a finding is only counted; see runtime.is_quiet."""
    if options.show_unmatched or fails(one, options):
        return False
    return one.grade == UNMATCHED and bool(one.dependencies)


def text_of(one: FindingRecord) -> str:
    """Return the report of a finding with the processes that made it."""
    return runtime.shown(one.document, one) + (f"found in {listed(one.processes)}\n" if one.processes else "")


def listed(names: Iterable[str]) -> str:
    return ", ".join(names)
