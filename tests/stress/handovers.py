"""The hand-overs: threads, work items, queues, events and barriers hand on what they know, and others judge by it.

Each pair of locks is taken in one order before a hand-over, and in the other order after it. So each pair makes a cycle
that is at most potential: a finding of a stronger grade is a false alarm, and no finding at all is a missed one.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from multiprocessing.pool import ThreadPool
from random import Random
from typing import Any

from tests.bench.made import locks_of_classes
from tests.stress import subject
from tests.stress.onlookers import look, questions

ROUNDS = 20  # of a worker
PAIRS = 60  # of classes: each makes a report
SHARED = 16
NEW = 4  # locks of new classes, which are judged


class Crew:
    """Who does work for the others, and what each of these knows to do. `queued` items are done by a thread."""

    def __init__(self) -> None:
        self.executor = ThreadPoolExecutor(3)
        self.pool = ThreadPool(2)
        self.queued: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self.helpers = [threading.Thread(target=self.help) for _ in range(2)]
        self.acts = (self.starts, self.submits, self.calls_back, self.gathers, self.applies, self.queues, self.meets)
        self.outer = threading.Lock()
        for helper in self.helpers:
            helper.start()

    def help(self) -> None:
        while (item := self.queued.get()) is not None:
            item()
            self.queued.task_done()

    def starts(self, work: Callable[[], None]) -> None:
        """Start a thread, which is lent the outer lock of this one, and another thread in it."""
        thread = threading.Thread(target=lambda: start_and_join(work))
        with threading.Lock():
            thread.start()
            thread.join()

    def submits(self, work: Callable[[], None]) -> None:
        with threading.RLock():
            self.executor.submit(work).result()

    def calls_back(self, work: Callable[[], None]) -> None:
        called = threading.Event()
        future = self.executor.submit(time.sleep, 0)
        future.add_done_callback(lambda _: (work(), called.set()))
        called.wait()

    def gathers(self, work: Callable[[], None]) -> None:
        futures = [self.executor.submit(work) for _ in range(3)]
        wait(futures[:1])
        for future in as_completed(futures):
            future.result(timeout=60)

    def applies(self, work: Callable[[], None]) -> None:
        with threading.Lock():
            self.pool.apply_async(work).get()

    def queues(self, work: Callable[[], None]) -> None:
        done = threading.Event()
        self.queued.put(lambda: (work(), done.set()))
        done.wait()

    def meets(self, work: Callable[[], None]) -> None:
        """Meet a thread at a barrier twice: before its work, and after it."""
        barrier = threading.Barrier(2)
        thread = threading.Thread(target=lambda: (barrier.wait(), work(), barrier.wait()))
        thread.start()
        barrier.wait()
        barrier.wait()
        thread.join(60)

    def end(self) -> None:
        for _ in self.helpers:
            self.queued.put(None)
        for helper in self.helpers:
            helper.join()
        self.executor.shutdown()
        self.pool.close()
        self.pool.join()


def start_and_join(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def nest(locks: list[Any]) -> None:
    if locks:
        with locks[0]:
            nest(locks[1:])


def work(crew: Crew, shared: list[Any], seed: int) -> None:
    """Hand over again and again, between acquisitions that are new, and so have to be judged."""
    random = Random(seed)
    for _ in range(ROUNDS):
        pair = locks_of_classes(threading.Lock, 2, f"pair_{random.randrange(PAIRS)}")
        nest([shared[index] for index in sorted(random.sample(range(SHARED), 3))])
        nest(pair)
        random.choice(crew.acts)(lambda pair=pair: nest(pair[::-1]))
        nest(locks_of_classes(threading.Lock, NEW, f"new_{random.randrange(512)}"))


def keep_working(crew: Crew, threads: int, deadline: float, random: Random) -> int:
    """Start workers, `threads` at a time, until the deadline; return how many."""
    shared = locks_of_classes(threading.Lock, SHARED, "shared")
    started = 0
    while started == 0 or time.monotonic() < deadline:
        seeds = [random.getrandbits(32) for _ in range(threads)]
        workers = [threading.Thread(target=work, args=(crew, shared, seed)) for seed in seeds]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        started += threads
    return started


def run(seconds: float, threads: int, seed: int) -> list[str]:
    """Hand over for about `seconds`, beside a thread that asks, print how often, and return what went wrong."""
    from lockdep import runtime

    runtime.report_to(None)
    subject.install("lockdep")
    problems: list[str] = []
    deadline = time.monotonic() + seconds
    onlooker = threading.Thread(target=look, args=(0, [0], questions([threading.Lock()]), deadline, problems))
    onlooker.start()
    crew = Crew()
    started = keep_working(crew, threads, deadline, Random(seed))
    crew.end()
    onlooker.join()
    print(f"handovers on {subject.build('lockdep')} locks, seed {seed}: {started * ROUNDS} hand-overs", flush=True)
    return problems + wrong_findings()


def wrong_findings() -> list[str]:
    """Return the findings that are stronger than they may be, and say so if there is none."""
    from lockdep import runtime

    found = runtime.findings()
    failed = runtime.validator().book.failure
    wrong = [str(one) for one in found if one.slug != "circular" or one.at_least("feasible")]
    wrong += [] if found else ["no cycle was found"]
    return wrong + ([] if failed is None else [f"failed internally: {failed!r}"])
