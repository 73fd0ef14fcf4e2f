"""What servers do for each request, plain and under `lockdep run`: work items of pools, threads, events, queues.

Each side runs in processes of its own, which alternate. A process runs one kind of work in short batches, and tells
the CPU time of the best one: on a busy machine neither clocks nor averages can be compared.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from statistics import median

from tests.bench.table import Row
from tests.patience import PROGRAM_LIMIT

PAIRS = 7
SIDES = {"plain": (), "lockdep": ("-m", "lockdep", "run")}
KINDS = {
    "submit and result, one at a time": "submit",
    "submit 20, then their results": "submit_many",
    "submit 20, callbacks, results": "callback",
    "run_in_executor, one at a time": "executor",
    "run_in_executor, 20 at once": "executor_many",
    "start and join of a thread": "thread",
    "start of 20 threads, then their joins": "thread_many",
    "a daemon thread for each request, not joined": "thread_daemon",
    "item and answer, two queues": "queues",
    "a new queue for each item": "new_queue",
    "a new event, set by another thread": "new_event",
    "a new condition, notified by another thread": "new_condition",
    "a coroutine, without threads": "coroutine",
}


def best(kind: str, side: str) -> float:
    """Return the us of CPU that one item of a kind takes."""
    command = [sys.executable, *SIDES[side], "-m", "tests.bench.requests_program", kind]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PROGRAM_LIMIT)
    return float(done.stdout)


def rows() -> Iterator[Row]:
    for what, kind in KINDS.items():
        pairs = [(best(kind, "plain"), best(kind, "lockdep")) for _ in range(PAIRS)]
        plain, known = (min(side) for side in zip(*pairs, strict=True))
        ratio = median(after / before for before, after in pairs)
        yield Row(what, ratio, "x", note=f"{plain:.1f} -> {known:.1f} us")
