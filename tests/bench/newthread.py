"""The first acquisition of a known lock in a new thread, compared with the second: the cost of the thread's state."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from statistics import median
from time import perf_counter_ns
from typing import Any

from lockdep import threading as validated
from tests.bench.measure import collector_off
from tests.bench.table import Row

BATCHES, THREADS = 10, 101
Difference = list[int]


def first_and_second(lock: Any, differences: Difference) -> None:
    perf_counter_ns()
    begin = perf_counter_ns()
    with lock:
        pass
    middle = perf_counter_ns()
    with lock:
        pass
    differences.append((middle - begin) - (perf_counter_ns() - middle))


def in_new_thread(lock: Any, differences: Difference) -> None:
    thread = threading.Thread(target=first_and_second, args=(lock, differences))
    thread.start()
    thread.join()


def batch(lock: Any) -> float:
    """Return the median difference of a batch of threads, in us."""
    differences: Difference = []
    for _ in range(THREADS):
        in_new_thread(lock, differences)
    return median(differences) / 1000


def rows() -> Iterator[Row]:
    raw, known = threading.Lock(), validated.Lock()
    with known, raw:
        pass
    with collector_off():
        measured = [(batch(raw), batch(known)) for _ in range(BATCHES)]
    best_raw, best = (min(side) for side in zip(*measured, strict=True))
    note = f"raw lock: {best_raw:.2f} us; best of {BATCHES} medians of {THREADS} threads"
    yield Row("first acquire in a new thread, minus the second", best, "us", 1.0, note)
