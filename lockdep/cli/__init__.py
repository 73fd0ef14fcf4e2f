"""The command `lockdep`: one function for each subcommand, listed in COMMANDS.

Promises: whatever is wrong on the command line, in the options or with the program to start is one line on standard
error and exit status 2. What follows the target (a script, -m module or -c code) belongs to the program, whatever it
looks like. The program's own output, tracebacks and exit status are those of plain python; see launch.py for the few
traces we leave.

Cost: everything but argparse is imported by the subcommand that uses it, and the program is started with the locks of
the standard library already tracked.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from lockdep.cli.command_line import USAGE, UsageError
from lockdep.cli.command_line import Parser as _Parser
from lockdep.cli.command_line import say as _say

if TYPE_CHECKING:
    from lockdep.cli.launch import Finish, Target
    from lockdep.cli.report_files import ReportFile
    from lockdep.config import Options
    from lockdep.snapshots.snapshot import Snapshot

TARGET = "(script.py | -m module | -c code) args..."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        command = COMMANDS.get(given[0]) if given else None
        return _without_command(given) if command is None else command(given[1:])
    except UsageError as error:
        _say(f"lockdep: error: {error}")
        return USAGE
    except BrokenPipeError:  # `lockdep doctor | head`
        return 1


def _without_command(given: list[str]) -> int:
    parser = _Parser(prog="lockdep", description="A lock validator: finds the deadlocks that did not happen yet.")
    parser.add_argument("--version", action="store_true", help="print the version and the build that runs")
    parser.add_argument("command", choices=COMMANDS, nargs="?", help="see lockdep COMMAND --help")
    if parser.parse_args(given).version:
        print(_version())
        return 0
    parser.error("which command? one of " + ", ".join(COMMANDS))


def _version() -> str:
    from lockdep import __version__
    from lockdep.fastpath import BUILD

    return f"lockdep {__version__} ({BUILD})"


# -- lockdep run


def run(given: list[str]) -> int:
    """lockdep run: a program with its locks tracked, findings on standard error."""
    from lockdep.vocabulary.grades import FAIL_ON

    parser = _Parser(
        prog="lockdep run",
        usage=f"lockdep run [options] {TARGET}",
        description="Run a program with its locks tracked. Findings go to standard error the moment they are found.",
        allow_abbrev=False,
    )
    with_value = (
        parser.add_argument(
            "--report",
            action="append",
            default=[],
            metavar="FORMAT[:PATH]",
            help="also write what was found at the end to PATH or standard output, as splat, json or another format of"
            " lockdep report; may be repeated",
        ),
        parser.add_argument("--snapshot", metavar="PATH", help="write what was learned to a file, for lockdep report"),
        parser.add_argument("--trace", metavar="PATH", help="write the last waits and holds, as Chrome trace events"),
        parser.add_argument("--fail-on", choices=FAIL_ON, help="weakest grade that fails the run (potential)"),
        parser.add_argument(
            "--exit-code",
            type=int,
            metavar="N",
            help="exit status in place of 0 when there were such findings (66)",
        ),
    )
    parser.add_argument("--strict", action="store_true", default=None, help="the kernel's verdicts, without grades")
    parser.add_argument(
        "--stat", action="store_true", default=None, help="time waits and holds; print the busiest locks at the end"
    )
    parser.add_argument(
        "--listen", action="store_true", help="let `lockdep stat PID` and `lockdep top PID` look in while it runs"
    )
    parser.add_argument("program", nargs="?", metavar=TARGET, help="what to run; the rest is the program's own")
    own, target = split_target(given, with_value)
    parsed = parser.parse_args(own)
    if target is None:
        parser.error("nothing to run: name a script, -m module or -c code")
    reports = _parse_reports([*parsed.report, *([f"snapshot:{parsed.snapshot}"] if parsed.snapshot else [])])
    keywords = {name: getattr(parsed, name) for name in ("fail_on", "exit_code", "strict", "stat")}
    options = _install({name: value for name, value in keywords.items() if value is not None})
    if parsed.listen:
        _listen()
    if parsed.trace:
        _start_trace()
    return _launch(target, lambda status: _conclude(status, options, reports, parsed.trace))


def split_target(given: list[str], with_value: Sequence[argparse.Action]) -> "tuple[list[str], Target | None]":
    """Cut the arguments into our own options and the program's command line, which is never looked at.

    argparse would take an option after the script for ours, and the value of -m for one argument among others.
    """
    from lockdep.cli.launch import Target

    takes_value = {name for action in with_value for name in action.option_strings}
    index = 0
    while index < len(given):
        word = given[index]
        own, rest = given[:index], given[index + 1 :]
        if word[:2] in ("-m", "-c"):
            kind, *program = word[:2], *([word[2:]] if word[2:] else []), *rest
            if not program:
                raise UsageError(f"argument expected for the {kind} option")
            return own, Target("module" if kind == "-m" else "command", program[0], tuple(program[1:]))
        if word == "--":
            return own, Target("script", rest[0], tuple(rest[1:])) if rest else None
        if not word.startswith("-") or word == "-":
            return own, Target("script", word, tuple(rest))
        index += 2 if word in takes_value else 1
    return given, None


def _parse_reports(texts: list[str]) -> "list[ReportFile]":
    from lockdep.cli.report_files import ReportFile

    try:
        return [ReportFile.parse(text) for text in texts]
    except ValueError as error:
        raise UsageError(f"--report: {error}") from None


def _install(keywords: dict[str, Any]) -> "Options":
    """Read the options, then track every lock made from now on."""
    from lockdep.config import OptionError, load_options

    try:
        options = load_options(**keywords)
        import lockdep

        lockdep.install(**keywords)
    except (OptionError, ImportError) as error:  # ImportError: the compiled build is required and missing
        raise UsageError(" ".join(str(error).split())) from None
    return options


def _launch(target: "Target", conclude: "Finish") -> int:
    """Run the program to its end, then conclude; a failure of ours there is a line and leaves the status alone."""
    from lockdep.cli.launch import LaunchError, launch

    process = os.getpid()

    def finish(status: int) -> int | None:
        if os.getpid() != process:  # a child made by fork came to its end: what follows is for its parent to say
            return None
        try:
            return conclude(status)
        except Exception as error:
            _say(f"lockdep: error: nothing to show at the end: {type(error).__name__}: {error}")
            return None

    try:
        return launch(target, finish)
    except LaunchError as error:
        raise UsageError(str(error)) from None


def _conclude(status: int, options: "Options", reports: "list[ReportFile]", trace: str | None) -> int | None:
    """Write the report files and the summary line; return the exit status if it is not the program's own."""
    from lockdep.runtime import failing, summary

    failed = bool(failing())
    written = _write_trace(trace) & _write_all(reports)
    if options.stat:
        _say(_most_contended())
    _say(summary())
    if status:
        return None
    if failed:
        return options.exit_code
    return None if written else USAGE


def _write_all(reports: "list[ReportFile]") -> bool:
    """Write the report files; return whether all of them could be."""
    if not reports:
        return True
    from lockdep.live.taking import snapshot

    taken = snapshot()
    written = [_write(report, taken) for report in reports]
    return all(written)


def _write(report: "ReportFile", taken: "Snapshot") -> bool:
    try:
        report.write(taken)
    except OSError as error:
        _say(f"lockdep: error: cannot write the {report.format} report to {report.path or 'standard output'}: {error}")
        return False
    return True


def _start_trace() -> None:
    from lockdep.live import timeline

    timeline.start()


def _write_trace(path: str | None) -> bool:
    """Write the timeline; return whether it could be."""
    if path is None:
        return True
    from lockdep.live import timeline

    try:
        timeline.save(path)
    except OSError as error:
        _say(f"lockdep: error: cannot write the trace to {path}: {error}")
        return False
    return True


def _listen() -> None:
    """Open the window for others; a process that cannot have one runs without."""
    from lockdep.live.answers import listen_here

    try:
        _say(f"lockdep: process {os.getpid()} listens at {listen_here()}")
    except OSError as error:
        _say(f"lockdep: error: cannot listen: {error}")


def _most_contended() -> str:
    from lockdep.lock_stat import lock_stats
    from lockdep.reports.lock_stat import MOST_CONTENDED, render_lock_stat

    return render_lock_stat(lock_stats(), top=MOST_CONTENDED)


# -- lockdep stat and top


def stat(given: list[str]) -> int:
    """lockdep stat: the lock_stat table of files or of a process."""
    from lockdep.cli import lock_stat

    what = "Print the lock statistics of snapshot files, added up, or of a process that listens."
    return _with_sources(lock_stat.stat, _Parser(prog="lockdep stat", description=what, allow_abbrev=False), given)


def top(given: list[str]) -> int:
    """lockdep top: the same of a process, again and again."""
    from lockdep.cli import lock_stat

    what = "Show again and again which locks of a process were waited for since the last look."
    return _with_sources(lock_stat.top, _Parser(prog="lockdep top", description=what, allow_abbrev=False), given)


def _with_sources(command: Callable[[Any, list[str]], int], parser: _Parser, given: list[str]) -> int:
    """Run a command that reads files or processes: what is wrong with one is a line."""
    try:
        return command(parser, given)
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise UsageError(str(error)) from None


# -- lockdep doctor


def doctor(given: list[str]) -> int:
    """lockdep doctor: what is tracked, what is not, and why; after a program, if one is named."""
    parser = _Parser(
        prog="lockdep doctor",
        usage=f"lockdep doctor [{TARGET}]",
        description="Say which locks are tracked, which are not, and why: here, or at the end of a program.",
        allow_abbrev=False,
    )
    own, target = split_target(given, ())
    parser.parse_args(own)
    _install({})
    if target is not None:
        return _launch(target, lambda _status: _print_diagnosis())
    _print_diagnosis()
    return 0


def _print_diagnosis() -> None:
    import lockdep

    print(lockdep.doctor(), flush=True)


def _on_files(name: str) -> Callable[[list[str]], int]:
    """Return the subcommand of this name from files.py, which is imported when it is used."""

    def command(given: list[str]) -> int:
        from lockdep.cli import files

        chosen: Callable[[list[str]], int] = getattr(files, name)
        return chosen(given)

    return command


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "run": run,
    "stat": stat,
    "top": top,
    "doctor": doctor,
    **{name: _on_files(name) for name in ("report", "classes", "chains", "stats")},
}
