"""lockdep run: a program with its locks tracked.

The program's output, tracebacks and exit status are those of plain python (launch.py names the few differences), except
that exit status 0 becomes another one when something was found, or when lockdep itself has failed (70). Findings go to
standard error when they are found; reports, the snapshot, the trace and the summary line are written after the
program's end. Child processes are recorded, too, see lockdep.processes.
"""

import argparse
import os
from typing import TYPE_CHECKING

from lockdep.cli.command_line import Parser, UsageError, add_look, say
from lockdep.cli.program import TARGET, run_program, split_target, track_locks, try_to

if TYPE_CHECKING:
    from lockdep.cli.launch import Target
    from lockdep.config import Options
    from lockdep.processes.member import Member
    from lockdep.processes.pushing import Pushing
    from lockdep.reports.report_file import ReportFile

# Those of the validator on the command line.
OPTIONS = (
    "fail_on", "on_deadlock", "exit_code", "strict", "show_unmatched", "stat", "style", "frames", "baseline",
    "children",
)  # fmt: skip


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
    parsed.updated = baseline_to_update(parsed)
    if parsed.updated:
        set_here["baseline"] = ""
    pushing = pushing_of(parsed)
    options = track_locks(**{name: value for name, value in set_here.items() if value is not None})
    parsed.sockets = listen() if parsed.listen else ""
    if parsed.dump_signal:
        dump_on_signal(parsed.dump_signal)
    if parsed.trace:
        start_trace()
    return run_to_end(target, options, parsed, reports, pushing)


def run_to_end(
    target: "Target",
    options: "Options",
    parsed: argparse.Namespace,
    reports: "list[ReportFile]",
    pushing: "Pushing | None",
) -> int:
    """Run the program, and do what is to be done at its end, whichever that is; return the exit status."""
    from lockdep import runtime
    from lockdep.cli.ending import Ending
    from lockdep.patch.changes import Changes
    from lockdep.processes import endings, member

    endings.follow(Changes())
    meanwhile = pushing is not None and parsed.store_every > 0
    made = begin_run(options, parsed.run_directory, parsed.sockets, writes=meanwhile)
    if made is not None and pushing is not None and meanwhile and not pushing.follow(made.folder, parsed.store_every):
        say("lockdep: error: no process can be started that stores meanwhile: what was seen is stored at the end")
    ending = Ending(options, reports, parsed.trace, parsed.show_excused, parsed.updated, made, pushing)
    endings.conclude_by(ending.conclude)
    runtime.before_end(lambda: endings.conclude(0))
    try:
        return run_program(target, endings.conclude)
    finally:
        if made is not None:
            try_to("the folder of the run could not be removed", lambda: member.end(made))


def begin_run(options: "Options", path: str | None, sockets: str, *, writes: bool) -> "Member | None":
    """Record child processes, too, if the options say so. If they cannot be recorded, a line says so.

    They listen in the folder `sockets`, as this process does; not if it is ''. `writes` says that this process writes
    what it has seen into the run directory, too.
    """
    from lockdep.processes import member

    if not options.children or not options.enabled:
        return None
    try:
        return member.begin(options, path, sockets, writes=writes)
    except OSError as error:
        if path is not None:
            raise UsageError(f"--run-directory: {path}: {error.strerror or error}") from None
        say(f"lockdep: error: child processes are not recorded: {error}")
        return None


def add_options_with_value(parser: Parser) -> tuple[argparse.Action, ...]:
    """Add the options that take a value, and return them."""
    from lockdep.cli.origin import add_store
    from lockdep.config import ON_DEADLOCK
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
        parser.add_argument(
            "--dump-signal", metavar="NAME", help="print who holds and who waits when this signal comes, such as USR1"
        ),
        parser.add_argument(
            "--run-directory",
            metavar="PATH",
            help="keep what each process has seen in this directory, for `lockdep combine`",
        ),
        parser.add_argument("--fail-on", choices=FAIL_ON, help="weakest grade that fails the run (default: potential)"),
        parser.add_argument(
            "--on-deadlock",
            choices=ON_DEADLOCK,
            help="what to do when threads do wait for each other: report it (the default), raise DeadlockError in one,"
            " or exit",
        ),
        parser.add_argument(
            "--exit-code",
            type=int,
            metavar="N",
            help="exit status if the run fails and the program's own status is 0 (default: 66)",
        ),
        parser.add_argument(
            "--baseline", metavar="PATH", help="findings in this file are known: they are not reported, and fail no run"
        ),
        *add_store(parser),
        *add_look(parser),
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
        "--show-unmatched",
        action="store_true",
        default=None,
        help="report cycles whose observations name different locks, not only their number",
    )
    parser.add_argument(
        "--update-baseline",
        action="store_true",
        help="at the end, write all findings to the file of --baseline",
    )
    parser.add_argument(
        "--no-children",
        action="store_false",
        dest="children",
        default=None,
        help="record what this process sees only, not what its child processes do",
    )
    parser.add_argument("--show-excused", action="store_true", help="at the end, list the findings that have an excuse")
    parser.add_argument(
        "--listen",
        action="store_true",
        help="answer `lockdep who`, `stat` and `top` with PID while the program runs, also in its child processes",
    )


def baseline_to_update(parsed: argparse.Namespace) -> str | None:
    """Return the absolute path of the baseline that is to be written, if one is: the program may change directory."""
    path: str | None = parsed.baseline
    if not parsed.update_baseline:
        return None
    if not path:
        raise UsageError("--update-baseline: name the file with --baseline PATH")
    return os.path.abspath(path)


def pushing_of(parsed: argparse.Namespace) -> "Pushing | None":
    """Return what stores the run, if that is asked for."""
    from lockdep.store.origin import NAMES

    names = {name: getattr(parsed, name) for name in NAMES}
    if parsed.store is None:
        if any(names.values()):
            raise UsageError("--project, --version and --host say how a run is stored: name the store with --store URL")
        return None
    from lockdep.cli.origin import address_of
    from lockdep.processes.pushing import Pushing
    from lockdep.store.address import StoreError

    address_of(parsed.store)
    try:
        return Pushing(parsed.store, names)
    except StoreError as error:
        raise UsageError(str(error)) from None


def parse_reports(parsed: argparse.Namespace) -> "list[ReportFile]":
    """Return what to write at the end."""
    if not parsed.report and not parsed.snapshot:
        return []
    from lockdep.reports.report_file import ReportFile

    try:
        return ReportFile.parse_all(parsed.report, parsed.snapshot)
    except ValueError as error:
        raise UsageError(f"--report: {error}") from None


def listen() -> str:
    """Answer other processes; return the folder of the socket, '' if that fails: the program runs without."""
    from lockdep.live.answers import listen_here

    try:
        path = listen_here()
    except OSError as error:
        say(f"lockdep: error: cannot listen: {error}")
        return ""
    say(f"lockdep: process {os.getpid()} listens at {path}")
    return os.path.dirname(path)


def dump_on_signal(name: str) -> None:
    """Print who holds and who waits when the signal of this name comes."""
    import signal

    from lockdep.live.dumping import dump_on

    number = getattr(signal, name if name.startswith("SIG") else f"SIG{name}", None)
    if not isinstance(number, signal.Signals):
        raise UsageError(f"--dump-signal: there is no signal {name!r}")
    try:
        dump_on(number)
    except OSError as error:
        raise UsageError(f"--dump-signal: {name}: {error.strerror}") from None


def start_trace() -> None:
    """Record waits and holds from now on."""
    from lockdep.live import timeline

    timeline.start()
