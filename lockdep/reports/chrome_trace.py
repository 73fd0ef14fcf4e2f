"""Waits and holds as Chrome trace events: for chrome://tracing, Perfetto and speedscope.

One row for each thread; a wait has the category `wait`, a hold `hold`. Times are microseconds of the monotonic clock.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

Event = tuple[int, int, int, int, int]  # (is a wait, number of the class, serial of the thread, begin and end in ns)


def chrome_trace(
    events: Iterable[Event], classes: Mapping[int, str], threads: Mapping[int, str], process: int
) -> Iterator[bytes]:
    """Yield the content of the file in pieces."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    yield b'{"displayTimeUnit":"ns","traceEvents":[\n'
    seen: dict[int, None] = {}
    before = ""
    for waited, number, thread, begin, end in events:
        seen[thread] = None
        event: dict[str, object] = {
            "name": classes.get(number, "a lock"),
            "cat": "wait" if waited else "hold",
            "ph": "X",
            "ts": begin / 1000,
            "dur": (end - begin) / 1000,
            "pid": process,
            "tid": thread,
        }
        yield (before + encode(event)).encode("utf-8", "backslashreplace")
        before = ",\n"
    for thread in seen:
        name = {"name": threads.get(thread, f"thread {thread}")}
        event = {"name": "thread_name", "ph": "M", "pid": process, "tid": thread, "args": name}
        yield (before + encode(event)).encode("utf-8", "backslashreplace")
        before = ",\n"
    yield b"\n]}\n"
