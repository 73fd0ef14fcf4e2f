"""The race: all threads take the same locks, each under outer locks of its own, so that several write one hint."""

from __future__ import annotations

import threading
import time
from random import Random
from typing import Any

from tests.bench.made import locks_of_classes
from tests.stress import subject

SHARED = 64  # locks that all threads take: so many that two threads seldom want the same one
OUTER = 2  # locks of each thread
RAW_PART = 4  # one slice of time in four is for raw locks, for comparison


def run(seconds: float, threads: int, seed: int) -> list[str]:
    """Race for about `seconds`, print the pairs of locks taken per second, and return what went wrong."""
    import lockdep.threading as validated

    build = subject.build("lockdep")
    slice_ = seconds / threads / RAW_PART
    print(f"race on {build} locks, seed {seed}: pairs of locks taken per second")
    print(f"{'threads':>8}{'raw':>12}{build:>20}  ratio")
    for count in range(1, threads + 1):
        raw = throughput(threading, count, slice_, seed)
        known = throughput(validated, count, slice_ * (RAW_PART - 1), seed)
        print(f"{count:8}{raw:12.0f}{known:20.0f}{known / raw:7.2f}", flush=True)
    return subject.findings("lockdep")


def throughput(module: Any, count: int, seconds: float, seed: int) -> float:
    """Return how many pairs of locks `count` threads take in a second."""
    shared = locks_of_classes(module.Lock, SHARED)
    done = [0] * count
    begin = time.monotonic()
    threads = [
        threading.Thread(target=take, args=(done, index, module, shared, begin + seconds, Random(seed + index)))
        for index in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(lock.acquire(blocking=False) for lock in shared), "a lock was left held"
    for lock in shared:
        lock.release()
    return sum(done) / (time.monotonic() - begin)


def take(done: list[int], index: int, module: Any, shared: list[Any], deadline: float, random: Random) -> None:
    """Take each shared lock under each outer lock, in an order of this thread's own, until the deadline."""
    outer = locks_of_classes(module.Lock, OUTER, f"outer_{index}")
    shared = random.sample(shared, len(shared))
    total = 0
    while total == 0 or time.monotonic() < deadline:  # at least one round: the rate must not be 0 on a busy machine
        for lock in shared:
            for mine in outer:
                with mine:
                    with lock:
                        pass
        total += len(shared) * len(outer)
    done[index] = total
