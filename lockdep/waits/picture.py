"""The picture of a hang as text: the deadlocks first, then who is blocked behind them, who else waits, and who runs.

It fits a terminal of WIDTH columns where that is possible: `Thread-1 (serve)` is called `Thread-1` in a line that would
be longer, and has a line of its own where it would take the room of what it does.
"""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterable, Sequence

from lockdep.waits.views import WaitingThread

WIDTH = 80
SHORT = 20  # characters of a name that is always beside what the thread does
Row = tuple[str, str, str, str, str]  # thread, verb, what, how long, where


def render_waiting(threads: Sequence[WaitingThread], deadlocks: Sequence[Sequence[str]]) -> str:
    """Return the picture of these threads. `deadlocks` has the names of those that wait for each other."""
    inside = {name for circle in deadlocks for name in circle}
    behind = stuck_behind(threads, inside)
    rest = [thread for thread in threads if thread.name not in inside and thread not in behind]
    named = {thread.name: thread for thread in reversed(threads)}
    lines: list[str] = []
    for circle in deadlocks:
        members = [named[name] for name in circle if name in named]
        lines += [*title("DEADLOCK", members), *table(members)]
    if behind:
        lines += behind_lines(behind)
    waits = [thread for thread in rest if thread.waits is not None]
    if waits:
        lines += ["waiting:", *table(waits)]
    runs = [thread for thread in rest if thread.waits is None]
    if runs:
        lines += ["running:", *table(runs)]
    return "\n".join(lines) + "\n"


def title(what: str, members: Sequence[WaitingThread]) -> list[str]:
    """Return the lines above a deadlock. It is as old as the youngest wait in it."""
    age = min((thread.waits.seconds for thread in members if thread.waits is not None), default=0.0)
    names = [thread.name for thread in (*members, members[0])]
    return fitted(f"{what}, {duration(age)}: ", names, short(names), " -> ")


def fitted(head: str, names: Sequence[str], less: Sequence[str], between: str) -> list[str]:
    """Return a list of names as a line if it fits, else with less of each, in as many lines as it takes."""
    text = head + between.join(names)
    if len(text) > WIDTH:
        text = head + between.join(less)
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def short(names: Sequence[str]) -> list[str]:
    """Return the names without the functions that Python adds, if these are not needed to tell the threads apart."""
    found = [name.partition(" (")[0] for name in names]
    return found if len(set(found)) == len(set(names)) else list(names)


def stuck_behind(threads: Sequence[WaitingThread], inside: set[str]) -> list[WaitingThread]:
    """Return the threads that wait, without a timeout, for those of a deadlock, or for such threads."""
    found: list[WaitingThread] = []
    names, before = set(inside), -1
    while len(found) != before:
        before = len(found)
        for thread in threads:
            wait = thread.waits
            if thread.name not in names and wait is not None and not wait.timed and wait.holder in names:
                found.append(thread)
                names.add(thread.name)
    return found


def behind_lines(threads: Sequence[WaitingThread]) -> list[str]:
    """Return which threads are blocked behind a deadlock, with what they wait for."""
    head, names = "blocked behind it: ", [thread.name for thread in threads]
    aims = ["" if thread.waits is None else f" ({thread.waits.what})" for thread in threads]
    full, less = (list(map("".join, zip(some, aims, strict=True))) for some in (names, short(names)))
    return fitted(head, full, less, ", ")


def table(threads: Iterable[WaitingThread]) -> list[str]:
    """Return aligned lines: what each thread holds, and what it waits for or where it runs."""
    found = [(thread.name, rows_of(thread)) for thread in threads]
    beside = aligned([row for _, rows in found for row in rows], 0)
    if max(map(len, beside)) <= WIDTH or max(len(name) for name, _ in found) <= SHORT:
        return beside
    below = iter(aligned([row for _, rows in found for row in rows], 1))
    return [line for name, rows in found for line in (f"  {name}", *itertools.islice(below, len(rows)))]


def aligned(rows: Sequence[Row], first: int) -> list[str]:
    """Return the rows as lines, from this column on."""
    columns = range(first, 4)
    widths = {column: max(len(row[column]) for row in rows) for column in columns}
    lines = ["  ".join([*(row[column].ljust(widths[column]) for column in columns), row[4]]).rstrip() for row in rows]
    return [f"{'    ' if first else '  '}{line}" for line in lines]


def rows_of(thread: WaitingThread) -> list[Row]:
    """Return the lines about one thread. What it holds it has held for longer than its wait lasts."""
    wait = thread.waits
    age = "" if wait is None else duration(wait.seconds)
    rows: list[Row] = [("", "holds", held.lock, f">{age}" if age else "", held.place) for held in thread.held]
    if wait is not None:
        limit = " (with a timeout)" if wait.timed else ""
        rows.append(("", "waits", wait.what, age, f"{thread.place}{limit}"))
    elif rows:
        rows.append(("", "runs", "", "", thread.place))
    else:
        rows.append(("", "runs", "holds nothing", "", thread.place))
    return [(thread.name, *rows[0][1:]), *rows[1:]]


def duration(seconds: float) -> str:
    """Return a time in words: in whole seconds from ten seconds on."""
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
