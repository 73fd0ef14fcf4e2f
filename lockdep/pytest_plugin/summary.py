"""The summary at the end of a pytest run: printed in the terminal, or sent from xdist's workers to the controller.

Findings that failed no test are printed in full, of each of the others its locks and its test. With --lockdep-stat, the
lock statistics of the whole run follow.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypedDict

import pytest
from _pytest._code.code import ReprFileLocation, TerminalRepr  # what pytest's reports are made of has no public name

from lockdep import runtime
from lockdep.baseline import KNOWN
from lockdep.lock_stat import lock_stats
from lockdep.pytest_plugin.outputs import updates, write_outputs
from lockdep.pytest_plugin.records import message
from lockdep.pytest_plugin.workers import WorkerMerge, seen_here
from lockdep.reports.lock_stat import MOST_CONTENDED
from lockdep.reports.lock_times import render_lock_times
from lockdep.snapshots.lock_statistics import ClassStatistics
from lockdep.violations.suppressions import SuppressionList

if TYPE_CHECKING:
    from _pytest._io import TerminalWriter

    from lockdep.pytest_plugin.session import LockdepSession
    from lockdep.snapshots.records import FindingRecord
    from lockdep.snapshots.snapshot import Snapshot

WORKERS = "lockdep-in-all-workers"  # stands for the file of a test case that is a finding
# Printed separately: with xdist, an entry is unused only if no worker used it.
UNUSED = re.compile("; (known findings that are gone|unused suppressions): ")


class Output(TypedDict):
    """The summary of one process as plain data, which execnet can send."""

    texts: list[str]
    lines: list[str]
    summary: str
    seen: str
    suppressions: dict[str, int]


def output_of(session: LockdepSession) -> Output:
    """Return the summary of the run in this process."""
    unexplained = [record for record in session.records if record.unexplained]
    others = [record for record in session.records if not record.unexplained and not record.allowed]
    allowed = sum(record.allowed for record in session.records)
    lines = [record.lines() for record in others]
    if allowed:
        lines.append(f"{allowed} allowed by markers")
    texts = [record.text for record in unexplained]
    if session.marked_only:
        return Output(texts=texts, lines=lines, summary="", seen="", suppressions={})
    used = {entry.text: count for entry, count in runtime.validator().book.suppressions.counts()}
    whole, chosen = session.whole, runtime.validator()
    summary = runtime.summary() if whole is None else whole.summary(chosen)
    summary = UNUSED.split(summary)[0]
    return Output(texts=texts, lines=lines, summary=summary, seen="", suppressions=used)


def write(reporter: pytest.TerminalReporter, outputs: dict[str, Output]) -> None:
    """Write the section of the terminal summary. It is one line if there are only counts."""
    texts = [text for output in outputs.values() for text in output["texts"]]
    lines = [f"{name}{line}" for name, output in outputs.items() for line in (*output["lines"], output["summary"])]
    used: Counter[str] = Counter()
    for output in outputs.values():
        used.update(output["suppressions"])
    unused = [text for text, count in used.items() if not count]
    lines = [line for line in lines if line]
    if not texts and not lines:
        return
    reporter.write_sep("=", "lockdep", red=bool(texts))
    if texts:
        reporter.write_line(f"lockdep: {len(texts)} finding{'s' * (len(texts) > 1)} outside of failed tests", red=True)
    for text in (*texts, *lines, *map(unused_line, unused)):
        reporter.write_line(text)


def unused_line(text: str) -> str:
    """Return a line about an entry that no finding of this run has matched."""
    known = text.partition(f"  # {KNOWN}")
    return f"known, not found in this run: {known[0]}  {known[2]}" if known[1] else f"unused suppression: {text}"


def write_stat(reporter: pytest.TerminalReporter, stats: Iterable[ClassStatistics]) -> None:
    """Write the table of the most contended locks."""
    reporter.write_sep("=", "lockdep: lock statistics")
    reporter.write(render_lock_times(stats, top=MOST_CONTENDED))


class Summary:
    """The plugin that prints the summary, or sends it to the controller if this process is a worker."""

    def __init__(self, session: LockdepSession) -> None:
        self._session = session

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """In a worker, send the summary to the controller."""
        if hasattr(session.config, "workeroutput"):
            output = output_of(self._session)
            if not self._session.marked_only:
                try:
                    output["seen"] = seen_here(self._session.first_seen, self._session.whole)
                except Exception as error:  # an error of ours must not lose the results of the tests
                    output["lines"].append(f"lockdep: no snapshot for the controller: {error!r}")
            session.config.workeroutput["lockdep"] = output

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the section."""
        write(terminalreporter, {"": output_of(self._session)})
        if self._session.options.stat:
            whole = self._session.whole
            write_stat(terminalreporter, lock_stats() if whole is None else whole.snapshot.stats)
        if not self._session.marked_only:
            write_outputs(terminalreporter, self._snapshot)

    def _snapshot(self) -> Snapshot:
        if self._session.whole is not None:
            return self._session.whole.snapshot
        from lockdep.live.taking import snapshot

        return snapshot()


class MergedFailure(TerminalRepr):
    """Why the test case of a finding fails: a line, which summaries show, and the report."""

    def __init__(self, line: str, text: str) -> None:
        self.reprcrash: ReprFileLocation = ReprFileLocation(WORKERS, 0, line)
        self._text = text

    def toterminal(self, tw: TerminalWriter) -> None:
        """Write the line and the report."""
        tw.line(f"{self.reprcrash.message}\n{self._text}")


def report_case(config: pytest.Config, finding: FindingRecord, text: str) -> None:
    """Report a test case that fails with a finding, so that everything which counts or shows tests has it."""
    name = f"{finding.slug}[{finding.id}]"
    failure = MergedFailure(f"lockdep.LockInversion: {message([finding])}", text)
    for when in ("setup", "call", "teardown"):
        report = pytest.TestReport(
            nodeid=f"{WORKERS}::{name}",
            location=(WORKERS, None, name),
            keywords={},
            outcome="failed" if when == "call" else "passed",
            longrepr=failure if when == "call" else None,
            when=when,
        )
        config.hook.pytest_runtest_logreport(report=report)


class Controller:
    """The plugin in xdist's controller. It collects the workers' summaries, and fails the run if one of them failed.

    It also merges what the workers saw, so that an inversion whose halves ran in two workers fails the run as well.
    """

    def __init__(self) -> None:
        self._outputs: dict[str, Output] = {}
        self._merge = WorkerMerge()

    @classmethod
    def of(cls, config: pytest.Config) -> Controller:
        """Return the controller of this run, made at the first call."""
        found: Any = config.pluginmanager.get_plugin("lockdep-controller")
        if found is None:
            found = cls()
            config.pluginmanager.register(found, "lockdep-controller")
        assert isinstance(found, Controller)
        return found

    def add(self, worker: str, output: Output) -> None:
        """Keep the summary of a worker."""
        if output["seen"]:
            self._merge.add(worker, output["seen"])
        self._outputs[f"[{worker}] "] = {**output, "seen": ""}

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run that would pass although a finding failed no test of a worker.

        A finding that several workers show together is the failure of a test case of its own.
        """
        failing = self._conclude(session)
        failed = failing or any(output["texts"] for output in self._outputs.values())
        if failed and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = session.config.option.lockdep_exitcode

    def _conclude(self, session: pytest.Session) -> list[FindingRecord]:
        """Add what only the merge shows; return the findings that fail the run."""
        suppressions = SuppressionList(sorted({text for one in self._outputs.values() for text in one["suppressions"]}))
        failing, others = self._merge.findings(suppressions)
        if updates(session.config):
            failing, others = [], [*failing, *others]
        used = {entry.text: count for entry, count in suppressions.counts()}
        lines = [self._merge.text(one) for one in others]
        self._outputs[""] = Output(texts=[], lines=lines, summary="", seen="", suppressions=used)
        session.testscollected += len(failing)
        for one in failing:
            report_case(session.config, one, self._merge.text(one))
        return failing

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the section, with the workers in order."""
        write(terminalreporter, dict(sorted(self._outputs.items())))
        if terminalreporter.config.option.lockdep_stat and self._merge.merged.runs:
            write_stat(terminalreporter, self._merge.merged.stats)
        if self._merge.merged.runs:
            write_outputs(terminalreporter, lambda: self._merge.merged)
