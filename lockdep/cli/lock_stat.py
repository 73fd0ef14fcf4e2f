"""`lockdep stat` and `lockdep top`: the lock_stat table of snapshot files, or of a process that listens."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from lockdep.cli.command_line import Parser, UsageError
from lockdep.cli.command_line import show as show_text
from lockdep.live import listen
from lockdep.reports.lock_stat import SORTS, render_lock_stat
from lockdep.reports.lock_times import render_lock_times
from lockdep.snapshots.lock_statistics import ClassStatistics
from lockdep.snapshots.snapshot import Snapshot

SWITCHES = {
    "start": "print nothing; make the process measure times from now on",
    "stop": "print nothing; make it measure no more times, and keep the numbers",
    "clear": "print nothing; make it set all numbers to zero",
}

DAY = 86400


def stat(given: list[str]) -> int:
    """lockdep stat: print the table."""
    what = "Print lock statistics of snapshot files, added up, or of a process started with `lockdep run --listen`."
    parser = Parser(prog="lockdep stat", description=what, allow_abbrev=False)
    parser.add_argument("sources", nargs="+", metavar="FILE or PID", help="a snapshot file, or the number of a process")
    add_choice(parser)
    parser.add_argument("--top", type=int, metavar="N", help="print only the first N classes")
    parser.add_argument(
        "--points", type=int, default=4, metavar="N", help="print N places for each class, 0 for all (default: 4)"
    )
    parser.add_argument("--wide", action="store_true", help="print the kernel's table, with all columns")
    switches = parser.add_mutually_exclusive_group()
    for command, meaning in SWITCHES.items():
        switches.add_argument(f"--{command}", dest="switch", action="store_const", const=command, help=meaning)
    parsed = parser.parse_args(given)
    with mistakes_in_sources():
        if parsed.switch:
            switch(parsed.sources, parsed.switch)
        else:
            stats = chosen(read(parsed.sources).stats, parsed.filter)
            render = render_lock_stat if parsed.wide else render_lock_times
            show_text(render(stats, sort=parsed.sort, top=parsed.top, points=parsed.points))
    return 0


def top(given: list[str]) -> int:
    """lockdep top: print what has happened since the last look, until interrupted or the process has ended."""
    what = "Show, again and again, which locks of a process were waited for since the last look."
    parser = Parser(prog="lockdep top", description=what, allow_abbrev=False)
    parser.add_argument("pid", type=int, metavar="PID", help="a process started with `lockdep run --listen`")
    add_choice(parser)
    parser.add_argument(
        "--interval", type=float, default=2.0, metavar="SECONDS", help="time between two looks (default: 2)"
    )
    parser.add_argument("--count", type=int, metavar="N", help="stop after N looks")
    parser.add_argument("--top", type=int, default=20, metavar="N", help="show only the first N classes (default: 20)")
    parsed = parser.parse_args(given)
    if not 0 < parsed.interval <= DAY:
        parser.error(f"argument --interval: more than 0 and at most {DAY} seconds")
    with mistakes_in_sources(), contextlib.suppress(KeyboardInterrupt):
        follow(parsed)
    return 0


def add_choice(parser: Parser) -> None:
    """Add the options that choose and sort classes."""
    parser.add_argument("--sort", choices=SORTS, default="contentions", help="what to sort by (default: contentions)")
    parser.add_argument(
        "--filter", metavar="GLOB", default="*", help="only classes of such names, for example app.py:*"
    )


@contextlib.contextmanager
def mistakes_in_sources() -> Iterator[None]:
    """Turn what is wrong with a file or a process into one line for the person at the keyboard."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise UsageError(str(error)) from None


def switch(sources: Sequence[str], command: str) -> None:
    """Tell each process to start or stop measuring, or to set its numbers to zero."""
    files = [source for source in sources if not source.isdigit()]
    if files:
        raise ValueError(f"--{command} is for a process that listens, not for {files[0]}")
    for source in sources:
        listen.ask(int(source), command)


def read(sources: Sequence[str]) -> Snapshot:
    """Return the snapshots of these files and processes, merged."""
    return Snapshot.merged(one_snapshot(source) for source in sources)


def one_snapshot(source: str) -> Snapshot:
    """Return the snapshot of one file or process."""
    if source.isdigit():
        return Snapshot.parse(listen.ask(int(source), "snapshot"), f"process {source}")
    return Snapshot.load(source)


def chosen(stats: Sequence[ClassStatistics], pattern: str) -> list[ClassStatistics]:
    """Return the classes whose name matches the glob."""
    return [one for one in stats if fnmatchcase(one.name, pattern)]


def follow(parsed: argparse.Namespace) -> None:
    """Look at the process again and again, and show what has happened between two looks."""
    before: dict[tuple[str, bool], ClassStatistics] = {}
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
            active = [one for one in chosen(recent, parsed.filter) if is_active(one)]
            show(render_lock_times(active, sort=parsed.sort, top=parsed.top, points=POINTS))
            before, looks = now, looks + 1


def is_active(stat: ClassStatistics) -> bool:
    """Return whether something has happened with a class, or is waited for."""
    return bool(stat.acquisitions or stat.contentions or stat.waiting_now)


def difference(now: ClassStatistics, before: ClassStatistics | None) -> ClassStatistics:
    """Return what happened between two looks. Shortest and longest times are those since the process started."""
    if before is None:
        return now
    return now.since(before)


POINTS = 2  # places of each kind that top shows for a lock


def screen() -> Any:
    """Return the context manager whose value shows one look: over the last one on a terminal, else below it."""
    return Refreshed() if sys.stdout.isatty() else Plain()


class Plain:
    """Prints a block of lines for each look."""

    def __enter__(self) -> Any:
        return self.show

    def __exit__(self, *_: object) -> None:
        """Nothing was opened."""

    def show(self, text: str) -> None:
        """Print the lines."""
        show_text(f"{text}\n")


class Refreshed:
    """Draws the lines, each time over the last ones."""

    def __enter__(self) -> Any:
        from rich.live import Live

        self._live = Live(auto_refresh=False, screen=True)
        self._live.__enter__()
        return self.show

    def __exit__(self, *args: Any) -> None:
        self._live.__exit__(*args)

    def show(self, text: str) -> None:
        """Draw the lines; those that do not fit are left out."""
        from rich.text import Text

        self._live.update(Text(text.rstrip("\n"), no_wrap=True), refresh=True)
