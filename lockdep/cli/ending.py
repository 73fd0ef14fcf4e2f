"""What follows the end of a program under `lockdep run`: files, lists, the summary line and the exit status.

If other processes took part, everything is made of the merge of what all have seen. Reports that nobody has shown are
shown then: those of processes whose standard error is another one, and cycles that only several processes together
show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lockdep.cli.command_line import INTERNAL, USAGE, UsageError, say, show
from lockdep.descriptors import one_free

if TYPE_CHECKING:
    from lockdep.config import Options
    from lockdep.processes.member import Member
    from lockdep.processes.merged import Whole
    from lockdep.processes.pushing import Pushing
    from lockdep.reports.report_file import ReportFile
    from lockdep.snapshots.snapshot import Snapshot


@dataclass(repr=False, eq=False)
class Ending:
    """What follows the program's end. `member` is what this process is in a run with children, if they are recorded."""

    options: Options
    reports: list[ReportFile]
    trace: str | None
    excused: bool = False
    baseline: str | None = None  # to be written
    member: Member | None = None
    pushing: Pushing | None = None

    def conclude(self, status: int) -> int | None:
        """Write the files and the summary line; return the exit status if it is not to be the program's own."""
        from lockdep import runtime

        for name in ("whole", "seen"):  # of an attempt to become another program
            vars(self).pop(name, None)
        ready = attempt(lambda: self.whole is not None)
        failed = attempt(self._fails)
        steps = (
            runtime.finish_writing,
            self._write_trace,
            self._write_reports,
            self._write_baseline,
            self._annotate,
            self._show_untold,
            self._show_times,
            self._show_excused,
            self._show_summary,
            self._end_pushes,
            self._hand_on,
            self._push,
        )
        done = [attempt(step) for step in steps]
        if status:
            return None
        if failed:
            return self.options.exit_code
        if None in (ready, failed, *done) or runtime.validator().failures:
            return INTERNAL
        return None if all(done) else USAGE

    @cached_property
    def whole(self) -> Whole | None:
        """What all processes have seen, with what was not shown; None if this one was alone."""
        if self.member is None or not (self.member.folder.has_parts() or self.member.folder.unwritten()):
            return None
        from lockdep.processes.merged import whole_of

        return whole_of(self.member.folder, self.member.own_part())

    @cached_property
    def seen(self) -> Snapshot:
        """The same as a snapshot, also if this process was alone."""
        if self.whole is not None:
            return self.whole.snapshot
        from lockdep.live.taking import snapshot

        return snapshot()

    def _fails(self) -> bool:
        from lockdep import runtime

        if self.baseline is not None:
            return False
        return bool(runtime.failing() if self.whole is None else self.whole.failing(self.options))

    def _show_untold(self) -> bool:
        """Show the findings that no process could show."""
        for text in () if self.whole is None else self.whole.untold_texts(self.options):
            say(text)
        return True

    def _show_times(self) -> bool:
        if self.options.stat:
            from lockdep.lock_stat import lock_stats
            from lockdep.reports.lock_stat import MOST_CONTENDED
            from lockdep.reports.lock_times import render_lock_times

            stats = lock_stats() if self.whole is None else self.whole.snapshot.stats
            say(render_lock_times(stats, top=MOST_CONTENDED))
        return True

    def _show_excused(self) -> bool:
        if self.excused:
            from lockdep import runtime
            from lockdep.reports.excused import listing

            text = listing(runtime.findings(excused=True) if self.whole is None else self.whole.snapshot.findings)
            if text:
                say(text.rstrip("\n"))
        return True

    def _show_summary(self) -> bool:
        from lockdep import runtime

        say(runtime.summary() if self.whole is None else self.whole.summary(runtime.validator()))
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
        taken = self.seen
        written = [write_report(report, taken) for report in self.reports]
        return all(written)

    def _write_baseline(self) -> bool:
        """Write the baseline if that is to be updated; return False if that failed."""
        if self.baseline is None:
            return True
        from lockdep.cli.baseline import write

        try:
            say(f"lockdep: {write(self.baseline, self.seen.findings)}")
        except UsageError as error:
            say(f"lockdep: error: {error}")
            return False
        return True

    def _annotate(self) -> bool:
        """In a job of GitHub Actions, show the findings beside the lines they are about, and in the job's summary."""
        from lockdep.reports.github_job import is_job, show_in_job

        if is_job():
            show_in_job(self.seen, lambda text: say(text.rstrip("\n")))
        return True

    def _hand_on(self) -> bool:
        """Leave what was seen for the run that this one is inside of, and in a directory that is kept; end the run."""
        if self.member is None:
            return True
        from lockdep.processes.member import end

        if self.member.outer is not None:
            self.member.outer.take_over(self.seen)
        if self.member.folder.kept:
            self.member.write()
        end(self.member)
        return True

    def _end_pushes(self) -> bool:
        """Have nobody store what the processes write any more; say what could not be stored."""
        failed = "" if self.member is None else self.member.folder.leave()
        if failed:
            say(f"lockdep: note: while the program ran, what was seen could not be stored {failed}")
        return True

    def _push(self) -> bool:
        """Store what was seen, if that was asked for. If it cannot be, the run has not failed."""
        if self.pushing is not None:
            reason = self.pushing.push(self.seen)
            if reason:
                say(f"lockdep: error: what was seen is not stored: {reason}")
        return True


def attempt(step: Callable[[], bool]) -> bool | None:
    """Return what a step at the end returns. If it fails, say so in a line, and return None: the others go on."""
    try:
        with one_free():  # what the program has opened may be open still
            return step()
    except Exception as error:
        say(f"lockdep: error: failed internally at the end: {type(error).__name__}: {error}")
        return None


def write_report(report: ReportFile, taken: Snapshot) -> bool:
    """Write one report; if that fails, say so and return False."""
    from lockdep.runtime import look

    try:
        report.write(taken, look(), show)
    except OSError as error:
        say(f"lockdep: error: cannot write the {report.format} report to {report.path or 'standard output'}: {error}")
        return False
    return True
