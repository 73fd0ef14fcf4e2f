"""lockdep explain: what a kind of finding means, an example, how to mend it, and how to accept it."""

import re

from lockdep.cli.command_line import Parser, UsageError, show

ID = re.compile(r"[0-9a-f]{12}")
ACCEPT = """To accept one finding, paste the line of its report into pyproject.toml:

    [tool.lockdep]
    suppress = ["{slug}: A -> B  # why"]

A and B are names of lock classes or globs for them, with or without line
numbers; the id of a finding is accepted, too. To accept all that is known
today, and fail for what is new: lockdep baseline --help
"""


def explain(given: list[str]) -> int:
    """Explain a kind of finding, or one finding of a file."""
    from lockdep.reports.explanations import explain as sections

    parser = Parser(
        prog="lockdep explain",
        description="Say what a kind of finding means, show an example, and how to mend or accept it. Without a kind,"
        " list all kinds.",
        allow_abbrev=False,
    )
    parser.add_argument("what", nargs="?", metavar="SLUG|ID", help="the kind of a finding, or the id of one in a FILE")
    parser.add_argument("files", nargs="*", metavar="FILE", help="snapshots or baselines, for an id")
    parsed = parser.parse_args(given)
    if parsed.what is None:
        show(overview())
        return 0
    report, slug = found_in(parsed.what, parsed.files) if ID.fullmatch(parsed.what) else ("", parsed.what)
    text = sections(slug)
    if not text:
        raise UsageError(f"there is no kind of finding {slug!r}: `lockdep explain` lists them")
    show(f"{report}{text}\n{ACCEPT.format(slug=slug)}")
    return 0


def overview() -> str:
    """Return a line for each kind."""
    from lockdep.reports.explanations import explanations

    return "".join(f"{one.slug:<14} {one.title}\n" for one in explanations())


def found_in(id_: str, files: list[str]) -> tuple[str, str]:
    """Return the report and the kind of the finding with this id. UsageError if no file has it."""
    from lockdep.baseline import is_baseline, read
    from lockdep.snapshots.snapshot import Snapshot
    from lockdep.splats.styles import PLAIN

    if not files:
        raise UsageError(f"which finding is {id_}? Name a file that has it: lockdep explain {id_} SNAPSHOT")
    for path in files:
        try:
            known = read(path) if is_baseline(path) else ()
            findings = () if is_baseline(path) else Snapshot.load(path).findings
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
        except ValueError as error:
            raise UsageError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from None
        for one in known:
            if one.id == id_:
                return f"{id_}: {one.text}\n\n", one.slug
        for finding in findings:
            if finding.id == id_:
                return "".join(f"{line}\n" for _, line in PLAIN.lines(finding.document, finding)) + "\n", finding.slug
    raise UsageError(f"no finding {id_} in {', '.join(files)}")
