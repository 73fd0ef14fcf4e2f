"""seqtorture: when a reader's loop ends, it has the data of one write, no older than the last one before it began."""

from __future__ import annotations

import argparse
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from primitives.mutex import Mutex
from primitives.seqlock import SeqCount, SeqCountLatch, SeqLock
from tests.patience import THREAD_LIMIT
from tests.stress.rounds import choose, let_end, run_each
from tests.stress.torture import delay

PARTS = 4  # numbers in a copy, all equal except during a write

Copies = tuple[list[int], ...]


@dataclass(frozen=True)
class Subject:
    """One kind of sequence lock, and the number of copies of the data that it protects.

    rounds  yields, for each round of a reader, the number of the copy to read; the data of the last round counts
    write   is given a function that writes the copy of a number, and calls it for each copy
    """

    rounds: Callable[[Random], Iterable[int]]
    write: Callable[[Callable[[int], None], Random], None]
    copies: int = 1


class Once:
    """Broken: a reader that never retries."""

    @staticmethod
    def reading() -> Iterable[int]:
        return (0,)


def seqlock(broken: bool) -> Subject:
    lock = SeqLock("tortured")

    def rounds(random: Random) -> Iterable[int]:
        what = random.random()
        if broken:
            return Once.reading()
        if what < 0.6:
            return (0 for _ in lock.reading())
        return locked_in_the_end(lock) if what < 0.8 else exclusive(lock)

    def write(change: Callable[[int], None], random: Random) -> None:
        what = random.random()
        if what < 0.6:
            with lock:
                change(0)
        elif what < 0.8:
            with lock.write_irqsave():
                change(0)
        elif lock.acquire(timeout=random.random() * 0.002):
            change(0)
            lock.release()

    return Subject(rounds, write)


def locked_in_the_end(lock: SeqLock) -> Iterable[int]:
    start = 0
    while True:
        start = lock.read_seqbegin_or_lock(start)
        yield 0
        if not lock.need_seqretry(start):
            break
        start = 1
    lock.done_seqretry(start)


def exclusive(lock: SeqLock) -> Iterable[int]:
    lock.read_seqlock_excl()
    yield 0
    lock.read_sequnlock_excl()


def seqcount(broken: bool) -> Subject:
    mutex = Mutex("writers")
    count = SeqCount("tortured", mutex)

    def rounds(_: Random) -> Iterable[int]:
        return (0 for _ in count.reading())

    def write(change: Callable[[int], None], _: Random) -> None:
        with mutex:
            if broken:  # readers learn that a write has ended, but not that it begins
                change(0)
                count.write_invalidate()
            else:
                with count.writing():
                    change(0)

    return Subject(rounds, write)


def latch(broken: bool) -> Subject:
    mutex, latched = Mutex("writers"), SeqCountLatch("tortured")

    def rounds(_: Random) -> Iterable[int]:
        return (start & 1 for start in latched.reading())

    def write(change: Callable[[int], None], _: Random) -> None:
        with mutex:
            latched.write_begin()
            change(1 if broken else 0)  # broken: it writes the copy that readers use now
            latched.write()
            change(0 if broken else 1)
            latched.write_end()

    return Subject(rounds, write, 2)


SUBJECTS: dict[str, Callable[[bool], Subject]] = {"seqlock": seqlock, "seqcount": seqcount, "latch": latch}


@dataclass(slots=True)
class Torture:
    """One subject under torture, until the deadline. `written` is the number of the last completed write."""

    subject: Subject
    deadline: float
    seed: int
    copies: Copies
    written: int = 0
    violations: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    def goes_on(self) -> bool:
        return time.monotonic() < self.deadline and not self.violations

    def read(self, random: Random) -> None:
        least = self.written
        picture: list[int] = []
        for which in self.subject.rounds(random):
            picture = []
            for number in range(PARTS):
                picture.append(self.copies[which][number])
                delay(random)
        if len(set(picture)) != 1:
            self.violations.append(f"a reader saw data half written: {picture}")
        elif picture[0] < least:
            self.violations.append(f"a reader saw {picture[0]}, which was over when it began: {least}")

    def write(self, random: Random) -> None:
        mine = 0

        def change(which: int) -> None:
            nonlocal mine
            copy = self.copies[which]
            mine = mine or copy[0] + 1
            for number in range(PARTS):
                copy[number] = mine
                delay(random)

        self.subject.write(change, random)
        self.written = max(self.written, mine)  # a race may store a smaller number: readers then check less

    def work(self, what: str, work: Callable[[Random], None], me: int) -> None:
        random, count = Random(self.seed * 1000 + me), 0
        try:
            while self.goes_on():
                work(random)
                delay(random)
                count += 1
        except BaseException as error:
            self.violations.append(f"a thread ended with {error!r}")
        self.done[what] += count  # not atomic without the GIL: a lost count is harmless


def one(name: str, options: argparse.Namespace) -> Torture:
    subject = SUBJECTS[name](options.broken)
    copies = tuple([0] * PARTS for _ in range(subject.copies))
    torture = Torture(subject, time.monotonic() + options.seconds, options.seed, copies)
    roles: list[tuple[str, Any]] = [("writes", torture.write), ("reads", torture.read), ("reads", torture.read)]
    threads = [
        threading.Thread(target=torture.work, args=(*roles[number % len(roles)], number), daemon=True)
        for number in range(max(2, options.threads))
    ]
    for thread in threads:
        thread.start()
    if stuck := let_end(threads, torture.deadline + THREAD_LIMIT):
        torture.violations.append(f"{stuck} threads hang")
    return torture


def chosen(options: argparse.Namespace) -> list[str]:
    """Return the names of the chosen subjects."""
    return choose(SUBJECTS, options.primitive)


def run(options: argparse.Namespace) -> list[str]:
    """Torture each chosen subject for --seconds, print what was done, and return what went wrong."""
    return run_each(options, chosen(options), one)
