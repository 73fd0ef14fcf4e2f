"""A thousand blocked threads: one reduction of all their waits, and the picture of them that another process gets."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter, thread_time

import lockdep
from lockdep import fastpath
from lockdep.live import listen
from lockdep.live.answers import listen_here
from lockdep.validator.deadlocks import Deadlocks
from lockdep.waits.knots import find_knot
from tests.bench.table import Row

THREADS, LOCKS, LOOKS = 1000, 100, 20
SECONDS = 3.0  # in which the blocked threads look by themselves


class Counted:
    """Counts how many threads are in a reduction at once, and how many reductions there were."""

    def __init__(self) -> None:
        self.inside = self.most = self.calls = 0
        self.original = Deadlocks._knotted

    def knotted(self, validator: Deadlocks, wait: fastpath.Wait) -> object:
        self.inside += 1
        self.calls += 1
        self.most = max(self.most, self.inside)
        try:
            return self.original(validator, wait)
        finally:
            self.inside -= 1


def rows() -> Iterator[Row]:
    lockdep.install()
    listen_here()
    counted = Counted()
    Deadlocks._knotted = lambda self, wait: counted.knotted(self, wait)  # type: ignore[method-assign,assignment,return-value]
    threading.stack_size(256 * 1024)
    locks = [threading.Lock() for _ in range(LOCKS)]
    for lock in locks:
        lock.acquire()
    for number in range(THREADS):
        first, second = sorted((number % LOCKS, number * 7 % LOCKS))
        threading.Thread(target=block, args=(locks[first], locks[second]), daemon=True).start()
    while len(fastpath.waits()) < THREADS:
        time.sleep(0.01)
    yield Row("one reduction", median(seconds(reduce, thread_time) for _ in range(LOOKS)) * 1e3, "ms", 20)
    time.sleep(SECONDS)
    yield Row("reductions in flight at once, at most", counted.most, "", 1, f"{counted.calls} looks in {SECONDS} s")
    yield Row("lockdep who, from the socket", median(seconds(ask, perf_counter) for _ in range(5)), "s", 0.5)
    for lock in locks:
        lock.release()


def block(first: threading.Lock, second: threading.Lock) -> None:
    """Wait for a lock and, if that is another one, for the next."""
    with first:
        if second is not first:
            second.acquire()
            second.release()


def reduce() -> None:
    find_knot(fastpath.waits())


def ask() -> None:
    listen.ask(os.getpid(), "who")


def seconds(call: Callable[[], None], clock: Callable[[], float]) -> float:
    began = clock()
    call()
    return clock() - began
