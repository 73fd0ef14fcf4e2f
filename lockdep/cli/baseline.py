"""lockdep baseline: accept what is known today, so that only new findings fail."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lockdep.cli.command_line import Parser, UsageError, show

if TYPE_CHECKING:
    from lockdep.snapshots.records import FindingRecord

PATH = "lockdep-baseline.json"


def baseline(given: list[str]) -> int:
    """Write the findings of snapshots to a baseline."""
    from lockdep.cli.sources import add_sources, read_sources

    parser = Parser(
        prog="lockdep baseline",
        description="Write the findings of snapshot files (see `lockdep run --snapshot`), or of a store, to a baseline."
        " A run with that baseline (--baseline, or `baseline` in [tool.lockdep]) reports and fails for other findings"
        " only.",
        allow_abbrev=False,
    )
    add_sources(parser)
    parser.add_argument("--output", metavar="PATH", default=PATH, help=f"write to this file (default: {PATH})")
    parsed = parser.parse_args(given)
    show(write(parsed.output, read_sources(parsed)[0].findings) + "\n")
    return 0


def write(path: str, findings: "Iterable[FindingRecord]") -> str:
    """Write a baseline; return a line about it. UsageError if it cannot be written."""
    from lockdep.snapshots.baselines import write_baseline

    try:
        return write_baseline(path, findings)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
