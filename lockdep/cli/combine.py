"""lockdep combine: merge what the processes of a run have left in a directory, as `lockdep run` does at its end."""

from lockdep.cli.command_line import Parser, UsageError, say


def combine(given: list[str]) -> int:
    """Merge the parts in a run directory, show the findings and the summary line, and write files."""
    from lockdep.cli.ending import write_report
    from lockdep.cli.run import parse_reports
    from lockdep.config import Options
    from lockdep.processes.folder import RunDirectory
    from lockdep.processes.merged import text_of, whole_of

    parser = Parser(
        prog="lockdep combine",
        description="Merge what the processes of a run have seen; see `lockdep run --run-directory`.",
        allow_abbrev=False,
    )
    parser.add_argument("directory", metavar="DIR", help="the directory of the run")
    parser.add_argument(
        "--report", action="append", default=[], metavar="FORMAT[:PATH]", help="write a report, as `lockdep run` does"
    )
    parser.add_argument("--snapshot", metavar="PATH", help="write a file for `lockdep report`")
    parsed = parser.parse_args(given)
    reports = parse_reports(parsed)
    folder = RunDirectory(parsed.directory, kept=True)
    settings = folder.settings()
    if settings is None:
        raise UsageError(f"{parsed.directory}: not the directory of a run of this version")
    options = Options(**settings.options)
    whole = whole_of(folder)
    if whole is None:
        lost = ", ".join(map(str, folder.unwritten()))
        why = f"; lost: what {lost} saw" if lost else ""
        raise UsageError(f"{parsed.directory}: no process has written what it has seen{why}")
    for one in whole.shown(options):
        say(text_of(one))
    written = [write_report(report, whole.snapshot) for report in reports]
    say(whole.summary())
    if whole.failing(options):
        return options.exit_code
    return 0 if all(written) else 2
