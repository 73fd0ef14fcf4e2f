"""Waits and holds as Chrome trace events: for chrome://tracing, Perfetto and speedscope.

One row for each thread. A hold has the name of its lock and the category `hold`; a wait has the category `wait`, and is
named `wait for LOCK`, so that it has a colour of its own also in viewers that colour by name. An arrow leads from the
end of a hold to the end of the wait that it ended. Times are microseconds of the monotonic clock.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from lockdep.reports.handovers import Event, handovers

COLOURS = {"wait": "terrible", "hold": "good"}  # red and green in chrome://tracing


def chrome_trace(
    events: Iterable[Event], classes: Mapping[int, str], threads: Mapping[int, str], process: int, program: str = ""
) -> Iterator[bytes]:
    """Yield the content of the file in pieces. `program` names the process."""
    kept = list(events)
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    yield b'{"displayTimeUnit":"ns","traceEvents":[\n'
    before = ""
    for one in (*spans(kept, classes), *arrows(kept), *names(kept, threads, program)):
        yield (before + encode({**one, "pid": process})).encode("utf-8", "backslashreplace")
        before = ",\n"
    yield b"\n]}\n"


def spans(events: Iterable[Event], classes: Mapping[int, str]) -> Iterator[dict[str, object]]:
    """Yield the waits and holds."""
    for waited, number, thread, begin, end in events:
        lock, kind = classes.get(number, "a lock"), "wait" if waited else "hold"
        yield {
            "name": f"wait for {lock}" if waited else lock,
            "cat": kind,
            "cname": COLOURS[kind],
            "ph": "X",
            "ts": begin / 1000,
            "dur": (end - begin) / 1000,
            "tid": thread,
            "args": {"lock": lock},
        }


def arrows(events: Iterable[Event]) -> Iterator[dict[str, object]]:
    """Yield the two ends of each arrow. They lie within their spans, by which viewers find these."""
    for number, (hold, wait) in enumerate(handovers(events), 1):
        for phase, (_, _, thread, begin, end) in (("s", hold), ("f", wait)):
            binding = {"bp": "e"} if phase == "f" else {}
            where = {"ts": max(begin, end - 1) / 1000, "tid": thread}
            yield {"name": "hands over", "cat": "handover", "ph": phase, "id": number, **where, **binding}


def names(events: Iterable[Event], threads: Mapping[int, str], program: str) -> Iterator[dict[str, object]]:
    """Yield the names of the process and of its threads."""
    if program:
        yield {"name": "process_name", "ph": "M", "tid": 0, "args": {"name": program}}
    for thread in dict.fromkeys(event[2] for event in events):
        named = {"name": threads.get(thread, f"thread {thread}")}
        yield {"name": "thread_name", "ph": "M", "tid": thread, "args": named}
