"""The picture of a hang as text: the deadlocks first, then who is blocked behind them, who else waits, and who runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lockdep.waits.views import WaitingThread

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
        lines += [title(members), *table(members)]
    if behind:
        lines.append(f"blocked behind it: {', '.join(map(behind_text, behind))}")
    waits = [thread for thread in rest if thread.waits is not None]
    if waits:
        lines += ["waiting:", *table(waits)]
    runs = [thread for thread in rest if thread.waits is None]
    if runs:
        lines += ["running:", *table(runs)]
    return "\n".join(lines) + "\n"


def title(members: Sequence[WaitingThread]) -> str:
    """Return the line above a deadlock. It is as old as the youngest wait in it."""
    age = min((thread.waits.seconds for thread in members if thread.waits is not None), default=0.0)
    circle = " -> ".join([thread.name for thread in (*members, members[0])])
    return f"DEADLOCK, {duration(age)}: {circle}"


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


def behind_text(thread: WaitingThread) -> str:
    """Return a thread that is blocked behind a deadlock, with what it waits for."""
    return thread.name if thread.waits is None else f"{thread.name} ({thread.waits.what})"


def table(threads: Iterable[WaitingThread]) -> list[str]:
    """Return aligned lines: what each thread holds, and what it waits for or where it runs."""
    rows = [row for thread in threads for row in rows_of(thread)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        "  " + "  ".join([*(row[column].ljust(widths[column]) for column in range(4)), row[4]]).rstrip() for row in rows
    ]


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
