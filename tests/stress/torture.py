"""Torture: threads enter and leave critical sections in every way the primitive offers, with delays at bad moments.

It is a violation if a writer meets another writer or a reader, if data is half written, or if a thread never gets in
again. The main thread takes part while a timer's handler raises exceptions into its waits.
"""

from __future__ import annotations

import argparse
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from types import CodeType, FrameType
from typing import Any

from lockdep import fastpath
from lockdep.fastpath import waitqueue
from tests.patience import THREAD_LIMIT
from tests.stress.alarms import enter_calls
from tests.stress.rounds import choose, let_end, run_each
from tests.stress.subjects import Side, Subject, all_subjects

PERIOD = 0.002  # of the timer


class Interrupted(BaseException):
    """Raised by the timer's handler."""


@dataclass(slots=True)
class Room:
    """What the sections protect, and who is inside. Lists, because append and remove are atomic on every build."""

    size: int
    writers: list[int] = field(default_factory=list)
    readers: list[int] = field(default_factory=list)
    left: int = 0
    right: int = 0
    violations: list[str] = field(default_factory=list)

    def write(self, me: int, random: Random) -> None:
        self.writers.append(me)
        self.check_writer()
        if self.size == 1:
            self.left += 1
            delay(random)
            self.right += 1
        else:
            delay(random)
        self.check_writer()
        self.writers.remove(me)

    def check_writer(self) -> None:
        if len(self.writers) > self.size or self.readers:
            self.violations.append(f"a writer met {len(self.writers) - 1} writers and {len(self.readers)} readers")
        if self.size == 1 and self.left != self.right:
            self.violations.append("a writer saw data half written")

    def read(self, me: int, random: Random) -> None:
        self.readers.append(me)
        self.check_reader()
        delay(random)
        self.check_reader()
        self.readers.remove(me)

    def check_reader(self) -> None:
        if self.writers:
            self.violations.append(f"a reader met {len(self.writers)} writers")
        if self.left != self.right:
            self.violations.append("a reader saw data half written")


def delay(random: Random) -> None:
    """Do nothing most of the time, sometimes let other threads run, and seldom sleep."""
    what = random.random()
    if what < 0.01:
        time.sleep(0.0005)
    elif what < 0.2:
        time.sleep(0)
    elif what < 0.4:
        for _ in range(random.randrange(200)):
            pass


@dataclass(slots=True)
class Torture:
    """One subject under torture, until the deadline."""

    subject: Subject
    room: Room
    deadline: float
    reading: bool
    done: Counter[str] = field(default_factory=Counter)

    @property
    def violations(self) -> list[str]:
        return self.room.violations

    def work(self, me: int, random: Random) -> Counter[str]:
        done = Counter[str]()
        while time.monotonic() < self.deadline and not self.violations:
            side, visit = self.choose(random)
            what = random.random()
            if side.timed is None or what < 0.7:
                with side.section():
                    visit(me, random)
                done["waits"] += 1
            else:
                leave = side.timed(0.0 if what < 0.85 else random.random() * 0.002)
                if leave is not None:
                    visit(me, random)
                    leave()
                done["given up" if leave is None else "tries"] += 1
            delay(random)
        return done

    def choose(self, random: Random) -> tuple[Side, Callable[[int, Random], None]]:
        if self.reading and self.subject.read is not None and random.random() < 0.8:
            return self.subject.read, self.room.read
        return self.subject.write, self.room.write

    def worker(self, me: int, seed: int) -> None:
        try:
            self.done.update(self.work(me, Random(seed)))  # not atomic without the GIL: a lost count is harmless
        except BaseException as error:
            self.room.violations.append(f"a thread ended with {error!r}")

    def be_interrupted(self, random: Random) -> None:
        """Run the main thread's part: sections that an exception of the handler may end anywhere."""
        timer = Timer()
        timer.start()
        while time.monotonic() < self.deadline and not self.violations:
            side, visit = self.choose(random)
            try:
                hold(side, lambda visit=visit: visit(0, random))
            except Interrupted:
                self.done["interrupted"] += 1
            self.done["waits of the main thread"] += 1
        timer.stop()


def hold(side: Side, visit: Callable[[], None]) -> None:
    """Enter and leave a section once. The timer may raise at any place here, and in a wait for the section."""
    with side.section():
        visit()
        for _ in range(20):
            pass


class Timer:
    """The timer. Its handler raises only where no lock gets lost: in `hold` and in the waits of the pure build."""

    def __init__(self) -> None:
        self.running = False
        queue = waitqueue.WaitQueue
        held = waitqueue.ValidatedQueue
        self.codes = {id(hold.__code__)}
        self.entries = enter_calls(hold.__code__)
        if fastpath.BUILD == "pure":
            functions: list[Any] = [queue.take, queue.wait, held.lock, held.__enter__]
            functions += [vars(owner)[name] for owner, name in ((queue, "sleep"), (held, "get"))]
            self.codes.update(id(function.__code__) for function in functions)

    def start(self) -> None:
        self.running = True
        signal.signal(signal.SIGALRM, self.handle)
        signal.setitimer(signal.ITIMER_REAL, PERIOD)

    def stop(self) -> None:
        self.running = False
        signal.setitimer(signal.ITIMER_REAL, 0)

    def handle(self, _signum: int, frame: FrameType | None) -> None:
        if not self.running:
            return
        signal.setitimer(signal.ITIMER_REAL, PERIOD)
        if frame is not None and id(frame.f_code) in self.codes and not self.entering(frame.f_code, frame.f_lasti):
            raise Interrupted

    def entering(self, code: CodeType, lasti: int) -> bool:
        """Return whether the frame is between __enter__ and the with block. From 3.14 on a signal can arrive there."""
        return code is hold.__code__ and lasti in self.entries


def chosen(options: argparse.Namespace) -> list[str]:
    """Return the names of the chosen subjects."""
    subjects = all_subjects()
    if options.primitive is not None or options.program == "locktorture":
        return choose(subjects, options.primitive)
    return [name for name, make in subjects.items() if make(False).read]


def run(options: argparse.Namespace) -> list[str]:
    """Torture each chosen subject for --seconds, print what was done, and return what went wrong."""
    return run_each(options, chosen(options), one)


def one(name: str, options: argparse.Namespace) -> Torture:
    subject = all_subjects()[name](options.broken)
    deadline = time.monotonic() + options.seconds
    torture = Torture(subject, Room(subject.room), deadline, options.program == "rwtorture")
    threads = [
        threading.Thread(target=torture.worker, args=(number, options.seed * 1000 + number), daemon=True)
        for number in range(1, options.threads + 1)
    ]
    for thread in threads:
        thread.start()
    if subject.interruptible:
        torture.be_interrupted(Random(options.seed))
    settle(torture, threads)
    return torture


def settle(torture: Torture, threads: list[threading.Thread]) -> None:
    """Wait for the threads to end. Then it must be possible to enter every section."""
    if stuck := let_end(threads, torture.deadline + THREAD_LIMIT):
        torture.violations.append(f"{stuck} threads never got in again")
        return
    for _ in range(torture.room.size):
        with torture.subject.write.section():
            pass
    leave = [torture.subject.write.timed(1.0) for _ in range(torture.room.size)] if torture.subject.write.timed else []
    if None in leave:
        torture.violations.append("it is not free at the end")
    for each in leave:
        if each is not None:
            each()
