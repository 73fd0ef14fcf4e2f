"""A waiter beside busy threads: how long it waits for the lock, and how much these threads get done meanwhile.

Busy threads use one lock in a loop; every 2 ms a latecomer takes it, too. Both figures come from the same windows: a
lock that served its waiters at once would stop the others, and one that never did would be the fastest. The critical
section contains a call, where the interpreter may switch threads, or a write, where another thread may run at once.
Windows of the raw lock and of ours alternate. The kernel decides on which core a woken thread runs, so single windows
differ by ten times; read the medians, and run it twice.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter, sleep
from typing import Any

import primitives
from lockdep import threading as validated
from tests.bench import build
from tests.bench.table import Row

WINDOWS = 8  # of each lock
SECONDS = 0.25  # of one window
PAUSE = 0.002  # between two visits of the latecomer
TARGET_WAIT = None if build.FREE_THREADED else 1.2
TARGET_WORK = 1 / 0.95 if build.COMPILED else 2.0
# On 3.14 an uncontended RWSem costs 2.5 times as much as a raw lock, and a Semaphore 3.5 times.
TARGET_QUEUE = TARGET_WORK if sys.version_info < (3, 14) and not build.FREE_THREADED else None


@dataclass(slots=True)
class Side:
    """What was measured with one kind of lock: seconds of each wait, operations per second in each window."""

    waits: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)


class Window:
    """One run of busy threads and a latecomer."""

    def __init__(self, lock: Any, work: Callable[[], object]) -> None:
        self.lock, self.work = lock, work
        self.over = False
        self.done: list[int] = []

    def run(self, threads: int, side: Side) -> None:
        busy = [threading.Thread(target=self.be_busy) for _ in range(threads)]
        began = perf_counter()
        for thread in busy:
            thread.start()
        while perf_counter() - began < SECONDS:
            sleep(PAUSE)
            came = perf_counter()
            with self.lock:
                side.waits.append(perf_counter() - came)
        self.over = True
        for thread in busy:
            thread.join()
        side.rates.append(sum(self.done) / (perf_counter() - began))

    def be_busy(self) -> None:
        lock, work, count = self.lock, self.work, 0
        while not self.over:
            with lock:
                work()
                count += 1
        self.done.append(count)


def call() -> None:
    """Do nothing."""


def late(waits: list[float]) -> float:
    """Return the 99th percentile."""
    return sorted(waits)[int(len(waits) * 0.99)]


def compare(make: Callable[[], Any], work: Callable[[], object], threads: int) -> tuple[Side, Side]:
    raw, ours = Side(), Side()
    for _ in range(WINDOWS):
        Window(threading.Lock(), work).run(threads, raw)
        Window(make(), work).run(threads, ours)
    return raw, ours


def wait_row(what: str, raw: float, ours: float) -> Row:
    return Row(what, ours / raw, "x", TARGET_WAIT, f"{raw * 1e3:.3f} -> {ours * 1e3:.3f} ms")


def rows() -> Iterator[Row]:
    null = os.open(os.devnull, os.O_WRONLY)
    works = {"calling": call, "writing": lambda: os.write(null, b"a line")}
    makes = {
        "Lock": (validated.Lock, TARGET_WORK),
        "Mutex": (lambda: primitives.Mutex("bench.waiting"), TARGET_WORK),
        "RWSem": (lambda: primitives.RWSem("bench.writing"), TARGET_QUEUE),
        "Semaphore": (lambda: primitives.Semaphore(1, "bench.unit"), TARGET_QUEUE),
    }
    for name, (make, target) in makes.items():
        for what, work in works.items():
            for threads in (2, 8):
                raw, ours = compare(make, work, threads)
                title = f"{name}, {threads} threads {what}"
                yield wait_row(f"{title}: median wait", median(raw.waits), median(ours.waits))
                yield wait_row(f"{title}: 99 % of waits", late(raw.waits), late(ours.waits))
                before, after = median(raw.rates), median(ours.rates)
                note = f"{before / 1e6:.2f} -> {after / 1e6:.2f} M/s"
                yield Row(f"{title}: time for an operation", before / after, "x", target, note)
    os.close(null)
