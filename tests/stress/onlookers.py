"""The onlookers: threads that ask what others hold, wait for and have counted, while those begin, work and end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from random import Random
from typing import Any

from tests.bench.made import locks_of_classes
from tests.stress import subject

SHARED = 16  # locks; more classes than one block of counts has room for come from NEW
NEW = 4  # locks of new classes for each worker
ROUNDS = 50  # of a worker
ONLOOKERS = 2


def run(seconds: float, threads: int, seed: int) -> list[str]:
    """Look at working threads for about `seconds`, print how often, and return what went wrong."""
    subject.install("lockdep")
    shared = locks_of_classes(threading.Lock, SHARED, "shared")
    asks = questions(shared)
    deadline = time.monotonic() + seconds
    problems: list[str] = []
    looks = [0] * ONLOOKERS
    lookers = [
        threading.Thread(target=look, args=(index, looks, asks, deadline, problems)) for index in range(ONLOOKERS)
    ]
    for thread in lookers:
        thread.start()
    started = keep_working(shared, threads, deadline, Random(seed))
    for thread in lookers:
        thread.join()
    print(f"onlookers on {subject.build('lockdep')} locks, seed {seed}: {sum(looks)} looks at {started} threads")
    problems += [f"a lock is not free: {lock!r}" for lock in shared if lock.locked()]
    return problems + subject.findings("lockdep")


def keep_working(shared: list[Any], threads: int, deadline: float, random: Random) -> int:
    """Start short-lived workers, `threads` at a time, until the deadline; return how many."""
    started = 0
    while started == 0 or time.monotonic() < deadline:
        workers = [threading.Thread(target=work, args=(shared, random.getrandbits(32))) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        started += threads
    return started


def work(shared: list[Any], seed: int) -> None:
    """Take some of the locks in their order, and then new ones, again and again."""
    random = Random(seed)
    for _ in range(ROUNDS):
        chosen = sorted(random.sample(range(len(shared)), 3))
        nest([shared[index] for index in chosen])
    nest(locks_of_classes(threading.Lock, NEW, f"new_{seed % 64}"))


def nest(locks: list[Any]) -> None:
    if locks:
        with locks[0]:
            nest(locks[1:])


def look(index: int, looks: list[int], asks: list[Callable[[], object]], deadline: float, problems: list[str]) -> None:
    """Ask everything that can be asked, until the deadline. An exception is a problem."""
    random = Random(index)
    while not problems and (looks[index] == 0 or time.monotonic() < deadline):
        try:
            random.choice(asks)()
        except Exception as error:
            problems.append(f"an onlooker was told {error!r}")
        looks[index] += 1


def questions(shared: list[Any]) -> list[Callable[[], object]]:
    import lockdep
    from lockdep import fastpath, lock_stat
    from lockdep.live.taking import snapshot

    return [
        lambda: [state.held() for state in fastpath.threads()],
        lambda: [state.counted() for state in fastpath.threads()],
        lambda: [repr(lock) for lock in shared],
        lambda: str(lockdep.waiting()),
        lockdep.findings,
        snapshot,
        lock_stat.lock_stats,
        lock_stat.start,
        lock_stat.clear,
        lock_stat.stop,
    ]
