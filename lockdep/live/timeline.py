"""Recording of waits and holds for a timeline: the last ones, in a ring of bounded size. Turns the clocks on."""

from __future__ import annotations

import os

from lockdep import fastpath, lock_stat
from lockdep.reports.chrome_trace import chrome_trace
from lockdep.snapshots.whole_files import write_whole

EVENTS = 200_000  # kept: some 30 MB


def start(events: int = EVENTS) -> None:
    """Record from now on, forgetting what was recorded."""
    fastpath.trace_events(events)
    lock_stat.start()


def stop() -> list[tuple[int, int, int, int, int]]:
    """Record no more; return what was: (whether it was a wait, class number, thread serial, begin and end in ns)."""
    return fastpath.trace_events(0)


def save(path: str) -> None:
    """Stop, and write a Chrome trace file. OSError leaves an old file untouched."""
    events = stop()
    names = {tally.number: tally.lock_class.name for tally in fastpath.tallies() if tally.lock_class is not None}
    write_whole(path, chrome_trace(events, names, fastpath.trace_names(), os.getpid()))
