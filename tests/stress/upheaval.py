"""The upheaval: what can go wrong in the middle of a lock operation does, again and again, beside two threads.

    a handler raises        a signal comes while code takes locks that it has not taken before
    the stack ends          the same code runs where few calls are possible
    memory fails            one allocation of an operation fails; no other thread runs meanwhile, since CPython would
                            not survive that in code of its own
    a handler forks         its child uses locks and ends, and so does the parent
    lockdep goes and comes  it is uninstalled, and installed again, while locks are held

After each round every lock is free, and at the end an order that can deadlock is found.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from random import Random
from typing import Any

import lockdep
from lockdep import fastpath, runtime
from tests.mishaps import Stop, failing_once
from tests.stress.forks import exit_with, reap

CODE = """
def nest(a, b, c):
    with a:
        with b:
            with c:
                pass
"""
# Since 3.14 a handler can raise between the entry of a lock and the with statement: then raw locks stay locked, too.
# So it is with locks that are written in Python.
LOSES = sys.version_info >= (3, 14) or fastpath.BUILD == "pure"
CHECK_EVERY = 500  # rounds


class Upheaval:
    """One run. `counts` says what was done, `problems` what went wrong."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        self.over = False
        self.shared = threading.Lock(), threading.RLock(), threading.Lock()
        self.mishaps: list[Callable[[], object]] = [self.raises, self.ends_stack, self.forks, self.goes_and_comes]
        # Where an allocation fails, 3.13 itself crashes in code in Python, of which the validator has some.
        if fastpath.BUILD == "compiled" and find_spec("_testcapi") is not None and sys.version_info < (3, 13):
            self.mishaps.append(self.lacks_memory)

    def make(self) -> tuple[Any, Any, Any]:
        """Return three locks. Not conditions: they are written in Python, in which exceptions lose also raw locks."""
        return threading.Lock(), threading.RLock(), threading.Lock()

    def code(self) -> Callable[..., None]:
        names: dict[str, Any] = {}
        exec(compile(CODE, f"round{self.random.randrange(2000)}.py", "exec"), names)
        nest: Callable[..., None] = names["nest"]
        return nest

    def work(self) -> None:
        """Use the shared locks in one order until the run is over."""
        nest = self.code()
        while not self.over:
            nest(*self.shared)
            time.sleep(0)

    def check(self, what: str, *locks: Any) -> None:
        self.counts[what] += 1
        if not LOSES and fastpath.thread_state().chain.depth:
            self.problems.append(f"{what}: this thread has held entries left: {fastpath.thread_state().held()}")
        for lock in locks:
            if LOSES and what == "raises" and self.holds(lock):
                self.counts["lost as a raw lock"] += 1
                lock.release()  # not left to its finalizer, which a handler can end in the pure build
            elif lock.acquire(blocking=False):
                lock.release()
            else:
                self.problems.append(f"{what}: {lock!r} is not free")

    def holds(self, lock: Any) -> bool:
        """Return whether this thread has lost a lock that no other thread uses. It could take an RLock once more."""
        return bool(lock._is_owned() if hasattr(lock, "_is_owned") else lock.locked())

    def raises(self) -> None:
        locks, nest = self.make(), self.code()
        try:
            signal.setitimer(signal.ITIMER_REAL, self.random.uniform(1e-6, 1e-4))
            try:
                for _ in range(2):
                    nest(*locks)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except Stop:
            self.counts["interrupts"] += 1
        self.check("raises", *locks)

    def ends_stack(self) -> None:
        locks, nest = self.make(), self.code()

        def deeper(levels: int) -> None:
            nest(*locks) if levels == 0 else deeper(levels - 1)

        try:
            deeper(sys.getrecursionlimit() - self.random.randrange(8, 30))
        except RecursionError:
            self.counts["recursion errors"] += 1
        self.check("ends stack", *locks)

    def lacks_memory(self) -> None:
        """Let one allocation fail, in a child: there no other thread runs."""
        self.in_child(self.fails)

    def fails(self) -> int:
        lock, rlock, _ = self.make()
        for number in range(12):
            for take, give in ((lock.acquire, lock.release), (rlock.__enter__, rlock.__exit__)):
                if failing_once(take, number).done:
                    failing_once(give, number)
            if not lock.acquire(blocking=False):
                return 11
            lock.release()
            if rlock._is_owned():
                return 12
        return 0

    def in_child(self, body: Callable[[], int]) -> None:
        end, child_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
            exit_with(body)
        os.close(child_end)
        if problem := reap(pid, end):
            self.problems.append(problem)
        self.counts["children"] += 1

    def forks(self) -> None:
        locks, nest = self.make(), self.code()

        def use() -> int:
            thread = threading.Thread(target=nest, args=locks)
            thread.start()
            thread.join()
            return 0

        def handler(*_: object) -> None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                self.in_child(lambda: 0 if any(map(is_taken, locks)) else use())

        before = signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, self.random.uniform(1e-6, 1e-4))
        nest(*locks)
        time.sleep(0.0002)
        signal.signal(signal.SIGALRM, before)
        self.check("forks", *locks)

    def goes_and_comes(self) -> None:
        locks, nest = self.make(), self.code()
        with locks[0]:
            lockdep.uninstall()
            nest(threading.Lock(), *locks[1:])
        with locks[1]:
            lockdep.install(max_chains=1 << 20)
        nest(*locks)
        self.check("goes and comes", *locks)

    def run(self, seconds: float) -> list[str]:
        deadline = time.monotonic() + seconds
        threads = [threading.Thread(target=self.work) for _ in range(2)]
        for thread in threads:
            thread.start()
        number = 0
        while time.monotonic() < deadline and not self.problems:
            mishap = self.raises if number % 20 else self.random.choice(self.mishaps)
            mishap()
            number += 1
            if number % CHECK_EVERY == 0:
                self.look()
        self.over = True
        for thread in threads:
            thread.join()
        self.look()
        self.find_at_last()
        return self.problems

    def look(self) -> None:
        """Note findings that are false, and what lockdep says has failed."""
        validator = runtime.validator()
        if validator.failures:
            self.problems.append(f"failed internally: {validator.book.failure!r}")
        self.problems += [str(one) for one in runtime.findings() if one.slug not in ("fork", "usage")]

    def find_at_last(self) -> None:
        with lockdep.installed():
            lockdep.reset()
            a, b = threading.Lock(), threading.Lock()
            for first, second in ((a, b), (b, a)):
                thread = threading.Thread(target=lambda first=first, second=second: nest_two(first, second))
                thread.start()
                thread.join()
            if "circular" not in [one.slug for one in runtime.findings()]:
                self.problems.append("the deadlock at the end was not found")


def nest_two(first: Any, second: Any) -> None:
    with first, second:
        pass


def is_taken(lock: Any) -> bool:
    """Return whether a lock is held, also by a thread that the child does not have."""
    if lock.acquire(blocking=False):
        lock.release()
        return False
    return True


def run(seconds: float, seed: int) -> list[str]:
    """Run the upheaval for some seconds, print what was done, and return what went wrong."""

    def stop(*_: object) -> None:
        raise Stop

    warnings.filterwarnings("ignore", message=".*fork", category=DeprecationWarning)
    runtime.report_to(None)
    lockdep.install(max_chains=1 << 20)
    signal.signal(signal.SIGALRM, stop)
    upheaval = Upheaval(seed)
    with suppress(Stop):
        upheaval.run(seconds)
    done = ", ".join(f"{count} {what}" for what, count in sorted(upheaval.counts.items()))
    print(f"upheaval on {fastpath.BUILD} locks, seed {seed}: {done}", flush=True)
    return upheaval.problems
