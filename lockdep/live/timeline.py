"""Record waits and holds for a timeline. A ring of bounded size keeps the last ones. Recording turns the clocks on."""

from __future__ import annotations

import os

from lockdep import fastpath, lock_stat
from lockdep.paths import program_name
from lockdep.reports.chrome_trace import chrome_trace
from lockdep.snapshots.whole_files import write_whole

EVENTS = 200_000  # how many are kept by default, in about 30 MB


def start(events: int = EVENTS) -> None:
    """Forget what was recorded, and record from now on."""
    fastpath.trace_events(events)
    lock_stat.start()


def stop() -> list[tuple[int, int, int, int, int]]:
    """Stop recording and return the events.

    Each is (1 for a wait or 0 for a hold, number of the class, serial of the thread, begin and end in nanoseconds).
    """
    return fastpath.trace_events(0)


def save(path: str) -> None:
    """Stop recording and write a Chrome trace file. If that fails with OSError, an old file is left as it was."""
    events = stop()
    names = {tally.number: tally.lock_class.name for tally in fastpath.tallies() if tally.lock_class is not None}
    write_whole(path, chrome_trace(events, names, fastpath.trace_names(), os.getpid(), program_name()))
