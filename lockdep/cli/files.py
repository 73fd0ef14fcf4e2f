"""The subcommands that list what is in snapshot files: classes, chains, stats. Several files are merged first.

Files are read one at a time, so that memory holds one file and the merge of those before it. On a terminal a progress
bar is shown. Anything that is wrong with a file or an option is one line on standard error and exit status 2.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

from lockdep.cli.command_line import Parser, UsageError, say, show

if TYPE_CHECKING:
    from lockdep.snapshots.records import Tables
    from lockdep.snapshots.rows import Rows
    from lockdep.snapshots.snapshot import Snapshot

FEW = 3  # so many files are read without a progress bar
_Part = TypeVar("_Part")


def classes(given: list[str]) -> int:
    """lockdep classes: list lock classes, as /proc/lockdep does."""
    from lockdep.reports.class_table import SORTS, render_classes

    parser = table_parser("classes", "List lock classes as the kernel's /proc/lockdep does.", SORTS)
    parsed = parser.parse_args(given)
    snapshot = merged(parsed.files)
    deliver(render_classes(snapshot, sort=parsed.sort, top=parsed.top, wanted=chooser(parsed.filter)), parsed.output)
    return 0


def chains(given: list[str]) -> int:
    """lockdep chains: list lock chains, as /proc/lockdep_chains does."""
    from lockdep.reports.chain_table import SORTS, render_chains

    parser = table_parser("chains", "List lock chains as the kernel's /proc/lockdep_chains does.", SORTS)
    parsed = parser.parse_args(given)
    snapshot = merged(parsed.files)
    deliver(render_chains(snapshot, sort=parsed.sort, top=parsed.top, wanted=chooser(parsed.filter)), parsed.output)
    return 0


def stats(given: list[str]) -> int:
    """lockdep stats: print counts, as /proc/lockdep_stats does."""
    from lockdep.reports.stats_table import render_stats

    parser = Parser(
        prog="lockdep stats",
        description="Print counts as the kernel's /proc/lockdep_stats does.",
        allow_abbrev=False,
    )
    add_files(parser)
    parser.add_argument("--output", metavar="PATH", help="write to this file, not to standard output")
    parsed = parser.parse_args(given)
    deliver(render_stats(merged(parsed.files)), parsed.output)
    return 0


def table_parser(name: str, description: str, sorts: Iterable[str]) -> Parser:
    """Return the parser of a subcommand that prints a list."""
    parser = Parser(prog=f"lockdep {name}", description=description, allow_abbrev=False)
    add_files(parser)
    parser.add_argument("--sort", choices=tuple(sorts), default="name", help="what to sort by (default: name)")
    parser.add_argument(
        "--filter", metavar="PATTERN", help="only classes whose names contain this text or match this glob"
    )
    parser.add_argument("--top", type=positive, metavar="N", help="print only the first N")
    parser.add_argument("--output", metavar="PATH", help="write to this file, not to standard output")
    return parser


def add_files(parser: argparse.ArgumentParser) -> None:
    """Add the argument for the files."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a snapshot file; several are merged")


def positive(text: str) -> int:
    """Return the number; ValueError if it is less than 1, or no number."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def chooser(pattern: str | None) -> Callable[[str], bool]:
    """Return a function that tells whether a name contains the text or matches the glob."""
    if pattern is None:
        return lambda _: True
    return lambda name: pattern in name or fnmatchcase(name, pattern)


def merged(paths: Sequence[str]) -> "Snapshot":
    """Return the merge of these files; of one file, itself."""
    from lockdep.snapshots.snapshot import Snapshot

    return Snapshot.merged(loaded(paths))


def loaded(paths: Sequence[str]) -> "Iterator[Tables | Rows]":
    """Yield the snapshot of each file. A run that is in several files is added several times, and a note says so."""
    from lockdep.snapshots.snapshot import Snapshot

    seen: dict[str, str] = {}
    repeated = 0
    for path in with_progress(paths):
        try:
            snapshot = Snapshot.for_merging(path)
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
        except ValueError as error:
            raise UsageError(str(error)) from None
        for run in snapshot.runs:
            if run.id in seen:
                repeated += 1
                if repeated == 1:
                    say(f"lockdep: note: {path} and {seen[run.id]} have the same run: its counts are added twice")
            seen[run.id] = path
        yield snapshot
    if repeated > 1:
        say(f"lockdep: note: so are those of {repeated - 1} more")


def with_progress(parts: Sequence[_Part]) -> Iterable[_Part]:
    """Return the parts; if there are many and standard error is a terminal, a progress bar follows them."""
    if len(parts) <= FEW or not sys.stderr.isatty():
        return parts
    from rich.console import Console
    from rich.progress import track

    return track(parts, description="merging", console=Console(stderr=True), transient=True)


def deliver(text: str, path: str | None) -> None:
    """Write the text to the file, or to standard output if `path` is None."""
    if path is None:
        show(text)
        return
    from lockdep.snapshots.whole_files import write_whole

    try:
        write_whole(path, [text.encode("utf-8", "backslashreplace")])
    except OSError as error:
        raise UsageError(f"cannot write {os.fspath(path)}: {error.strerror}") from None
