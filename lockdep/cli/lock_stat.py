"""`lockdep stat` and `lockdep top`: the lock_stat table of snapshot files, or of a process that listens."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from lockdep.cli.command_line import show as show_text
from lockdep.live import listen
from lockdep.reports.lock_stat import SORTS, microseconds, render_lock_stat, row_name
from lockdep.snapshots.snapshot import Snapshot
from lockdep.snapshots.stats import ClassStat

SOURCES = "FILE or PID"
SWITCHES = {
    "start": "have the process take times from now on",
    "stop": "have it take no more times; what was counted stays",
    "clear": "have it begin to count anew",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what both commands take."""
    parser.add_argument("--sort", choices=SORTS, default="contentions", help="which comes first (contentions)")
    parser.add_argument("--filter", metavar="GLOB", default="*", help="only classes of such names, app.py:* say")


def stat(parser: argparse.ArgumentParser, given: Sequence[str]) -> int:
    """lockdep stat: print the table. ValueError and OSError say what is wrong with a source."""
    parser.add_argument("sources", nargs="+", metavar=SOURCES, help="snapshot files, or a process that listens")
    add_arguments(parser)
    parser.add_argument("--top", type=int, metavar="N", help="so many classes (all)")
    parser.add_argument("--points", type=int, default=4, metavar="N", help="so many places of a class, 0 for all (4)")
    switches = parser.add_mutually_exclusive_group()
    for command, what in SWITCHES.items():
        switches.add_argument(f"--{command}", dest="switch", action="store_const", const=command, help=what)
    parsed = parser.parse_args(given)
    if parsed.switch:
        switch(parsed.sources, parsed.switch)
    else:
        stats = chosen(read(parsed.sources).stats, parsed.filter)
        show_text(render_lock_stat(stats, sort=parsed.sort, top=parsed.top, points=parsed.points))
    return 0


def switch(sources: Sequence[str], command: str) -> None:
    """Have each process start or stop its clocks, or begin anew."""
    files = [source for source in sources if not source.isdigit()]
    if files:
        raise ValueError(f"--{command} is for a process that listens, not for {files[0]}")
    for source in sources:
        listen.ask(int(source), command)


def top(parser: argparse.ArgumentParser, given: Sequence[str]) -> int:
    """lockdep top: what happened since the last look, again and again, until interrupted or the process has ended."""
    parser.add_argument("pid", type=int, metavar="PID", help="a process started with lockdep run --listen")
    add_arguments(parser)
    parser.add_argument("--interval", type=float, default=2.0, metavar="SECONDS", help="between two looks (2)")
    parser.add_argument("--count", type=int, metavar="N", help="stop after so many looks")
    parser.add_argument("--top", type=int, default=20, metavar="N", help="so many classes (20)")
    parsed = parser.parse_args(given)
    if parsed.interval <= 0:
        parser.error("argument --interval: more than 0 seconds")
    try:
        follow(parsed)
    except KeyboardInterrupt:
        pass
    return 0


def read(sources: Sequence[str]) -> Snapshot:
    """Return the snapshots of these files and processes, merged."""
    return Snapshot.merged(one_snapshot(source) for source in sources)


def one_snapshot(source: str) -> Snapshot:
    if source.isdigit():
        return Snapshot.parse(listen.ask(int(source), "snapshot"), f"process {source}")
    return Snapshot.load(source)


def chosen(stats: Sequence[ClassStat], pattern: str) -> list[ClassStat]:
    """Return the classes whose name matches the glob."""
    return [one for one in stats if fnmatchcase(one.name, pattern)]


def follow(parsed: argparse.Namespace) -> None:
    before: dict[tuple[str, bool], ClassStat] = {}
    looks = 0
    with screen() as show:
        while parsed.count is None or looks < parsed.count:
            if looks:
                time.sleep(parsed.interval)
            try:
                now = {(one.name, one.read): one for one in one_snapshot(str(parsed.pid)).stats}
            except listen.NotListening:
                if not looks:
                    raise
                return
            recent = [difference(one, before.get(key)) for key, one in now.items()]
            active = [one for one in chosen(recent, parsed.filter) if one.acquisitions or one.contentions]
            active.sort(key=lambda one: (-SORTS[parsed.sort](one), -one.acquisitions, one.name))
            show(active[: parsed.top])
            before, looks = now, looks + 1


def difference(now: ClassStat, before: ClassStat | None) -> ClassStat:
    """Return what happened between two looks; shortest and longest times are those of all time."""
    if before is None:
        return now
    return now.since(before)


COLUMNS = ("lock class", "contentions", "acquisitions", "wait avg us", "wait total us", "hold avg us", "hold total us")


def cells(stat: ClassStat, both: set[str]) -> list[str]:
    """Return a row of top."""
    found = [row_name(stat, both), str(stat.contentions), str(stat.acquisitions)]
    for times in (stat.wait, stat.hold):
        found += ["-", "-"] if times is None else map(microseconds, (times.total_ns / times.count, times.total_ns))
    return found


def screen() -> Any:
    """Return how looks are shown: one that refreshes on a terminal, else plain lines."""
    return Refreshed() if sys.stdout.isatty() else Plain()


class Plain:
    """One block of lines for each look."""

    def __enter__(self) -> Any:
        return self.show

    def __exit__(self, *_: object) -> None:
        """Nothing was opened."""

    def show(self, stats: Sequence[ClassStat]) -> None:
        rows = [list(COLUMNS), *(cells(one, {other.name for other in stats if other.read}) for one in stats)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
        for row in rows:
            name, *numbers = row
            line = [name.ljust(widths[0]), *map(str.rjust, numbers, widths[1:])]
            show_text("  ".join(line).rstrip() + "\n")
        show_text("\n")


class Refreshed:
    """A table that is drawn again in place."""

    def __enter__(self) -> Any:
        from rich.live import Live

        self._live = Live(auto_refresh=False, screen=True)
        self._live.__enter__()
        return self.show

    def __exit__(self, *args: Any) -> None:
        self._live.__exit__(*args)

    def show(self, stats: Sequence[ClassStat]) -> None:
        from rich.table import Table

        table = Table(*COLUMNS, expand=True)
        for column in table.columns[1:]:
            column.justify = "right"
        for one in stats:
            table.add_row(*cells(one, {other.name for other in stats if other.read}))
        self._live.update(table, refresh=True)
