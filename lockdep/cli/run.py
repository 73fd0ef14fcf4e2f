"""lockdep run: a program with its locks tracked.

The program's output, tracebacks and exit status are those of plain python (launch.py names the few differences), except
that exit status 0 becomes another one when something was found, or when lockdep itself has failed (70). Findings go to
standard error when they are found; reports, the snapshot, the trace and the summary line are written after the
program's end.
"""

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockdep.cli.command_line import INTERNAL, USAGE, Parser, UsageError, say
from lockdep.cli.program import TARGET, run_program, split_target, track_locks

if TYPE_CHECKING:
    from lockdep.cli.report_files import ReportFile
    from lockdep.config import Options
    from lockdep.snapshots.snapshot import Snapshot

OPTIONS = ("fail_on", "exit_code", "strict", "stat")  # those of the validator that the command line can set


def run(given: list[str]) -> int:
    """Run a program with its locks tracked."""
    parser = Parser(
        prog="lockdep run",
        usage=f"lockdep run [options] {TARGET}",
        description="Run a program with its locks tracked. Findings go to standard error when they are found.",
        allow_abbrev=False,
    )
    with_value = add_options_with_value(parser)
    add_switches(parser)
    parser.add_argument("program", nargs="?", metavar=TARGET, help="the program, followed by its own arguments")
    own, target = split_target(given, with_value)
    parsed = parser.parse_args(own)
    if target is None:
        parser.error("nothing to run: name a script, -m module or -c code")
    reports = parse_reports(parsed)
    set_here = {name: getattr(parsed, name) for name in OPTIONS}
    options = track_locks(**{name: value for name, value in set_here.items() if value is not None})
    if parsed.listen:
        listen()
    if parsed.trace:
        start_trace()
    ending = Ending(options, reports, parsed.trace)
    return run_program(target, ending.conclude)


def add_options_with_value(parser: Parser) -> tuple[argparse.Action, ...]:
    """Add the options that take a value, and return them."""
    from lockdep.vocabulary.grades import FAIL_ON

    return (
        parser.add_argument(
            "--report",
            action="append",
            default=[],
            metavar="FORMAT[:PATH]",
            help="at the end, write a report to PATH or to standard output; FORMAT is splat, json or another one that"
            " `lockdep report --help` lists; may be repeated",
        ),
        parser.add_argument("--snapshot", metavar="PATH", help="at the end, write a file for `lockdep report`"),
        parser.add_argument(
            "--trace", metavar="PATH", help="at the end, write the last waits and holds as Chrome trace events"
        ),
        parser.add_argument("--fail-on", choices=FAIL_ON, help="weakest grade that fails the run (default: potential)"),
        parser.add_argument(
            "--exit-code",
            type=int,
            metavar="N",
            help="exit status if the run fails and the program's own status is 0 (default: 66)",
        ),
    )


def add_switches(parser: Parser) -> None:
    """Add the options without a value. None stands for the value that the weaker sources of options give."""
    parser.add_argument(
        "--strict", action="store_true", default=None, help="every finding fails the run, whatever its grade"
    )
    parser.add_argument(
        "--stat",
        action="store_true",
        default=None,
        help="measure how long locks are waited for and held; print the most contended ones at the end",
    )
    parser.add_argument(
        "--listen", action="store_true", help="answer `lockdep stat PID` and `lockdep top PID` while the program runs"
    )


def parse_reports(parsed: argparse.Namespace) -> "list[ReportFile]":
    """Return what to write at the end."""
    texts = [*parsed.report, *([f"snapshot:{parsed.snapshot}"] if parsed.snapshot else [])]
    if not texts:
        return []
    from lockdep.cli.report_files import ReportFile

    try:
        return [ReportFile.parse(text) for text in texts]
    except ValueError as error:
        raise UsageError(f"--report: {error}") from None


def listen() -> None:
    """Answer other processes. A process that cannot runs without."""
    from lockdep.live.answers import listen_here

    try:
        say(f"lockdep: process {os.getpid()} listens at {listen_here()}")
    except OSError as error:
        say(f"lockdep: error: cannot listen: {error}")


def start_trace() -> None:
    """Record waits and holds from now on."""
    from lockdep.live import timeline

    timeline.start()


@dataclass(frozen=True, slots=True)
class Ending:
    """What follows the program's end."""

    options: "Options"
    reports: "list[ReportFile]"
    trace: str | None

    def conclude(self, status: int) -> int | None:
        """Write the files and the summary line; return the exit status if it is not to be the program's own."""
        from lockdep import runtime

        failed = attempt(lambda: bool(runtime.failing()))
        steps = (runtime.finish_writing, self._write_trace, self._write_reports, self._show_times, show_summary)
        done = [attempt(step) for step in steps]
        if status:
            return None
        if failed:
            return self.options.exit_code
        if failed is None or None in done or runtime.validator().failures:
            return INTERNAL
        return None if all(done) else USAGE

    def _show_times(self) -> bool:
        if self.options.stat:
            say(most_contended())
        return True

    def _write_trace(self) -> bool:
        """Write the timeline if one was asked for; return False if that failed."""
        if self.trace is None:
            return True
        from lockdep.live import timeline

        try:
            timeline.save(self.trace)
        except OSError as error:
            say(f"lockdep: error: cannot write the trace to {self.trace}: {error}")
            return False
        return True

    def _write_reports(self) -> bool:
        """Write the reports and the snapshot; return False if one of them could not be written."""
        if not self.reports:
            return True
        from lockdep.live.taking import snapshot

        taken = snapshot()
        written = [write_report(report, taken) for report in self.reports]
        return all(written)


def attempt(step: Callable[[], bool]) -> bool | None:
    """Return what a step at the end returns. If it fails, say so in a line, and return None: the others go on."""
    try:
        return step()
    except Exception as error:
        say(f"lockdep: error: failed internally at the end: {type(error).__name__}: {error}")
        return None


def show_summary() -> bool:
    """Print the summary line."""
    from lockdep.runtime import summary

    say(summary())
    return True


def write_report(report: "ReportFile", taken: "Snapshot") -> bool:
    """Write one report; if that fails, say so and return False."""
    try:
        report.write(taken)
    except OSError as error:
        say(f"lockdep: error: cannot write the {report.format} report to {report.path or 'standard output'}: {error}")
        return False
    return True


def most_contended() -> str:
    """Return the lock_stat table of the locks that were waited for most."""
    from lockdep.lock_stat import lock_stats
    from lockdep.reports.lock_stat import MOST_CONTENDED, render_lock_stat

    return render_lock_stat(lock_stats(), top=MOST_CONTENDED)
