"""What runs later, and who waits for it, compared with what one would take instead: threading and concurrent.futures.

Both sides do the same work. The other threads that take part are those of the timer, the work queue or the pool.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any

import primitives
from tests.bench.measure import bind, compare
from tests.bench.primitives import calls
from tests.bench.table import Row, ratio_row

FAR = 3600.0  # seconds, until a timer would run


def nothing(*_: object) -> None:
    """Do what is to be done later."""


def true() -> bool:
    return True


# References and readers


class Counted:
    """An object whose references are counted under a lock."""

    def __init__(self) -> None:
        self.lock, self.count = threading.Lock(), 1

    def get(self) -> None:
        with self.lock:
            self.count += 1

    def put(self) -> None:
        with self.lock:
            self.count -= 1
            last = self.count == 0
        if last:
            nothing()


def references() -> Iterator[Row]:
    counted, kref = Counted(), primitives.Kref()
    measured = calls((counted.get, counted.put), (kref.get, lambda: kref.put(nothing)))
    yield ratio_row("Kref get, put / a count under a lock", measured, None)
    lock, sem = threading.Lock(), primitives.PercpuRWSem("bench.percpu")
    measured = calls((lock.acquire, lock.release), (sem.down_read, sem.up_read))
    yield ratio_row("PercpuRWSem read / threading.Lock", measured, None)


# Waits for a condition


def notify(condition: threading.Condition, loops: int) -> None:
    for _ in repeat(None, loops):
        with condition:
            condition.notify_all()


def wake(head: Any, loops: int) -> None:
    for _ in repeat(None, loops):
        head.wake_up_all()


def wait_for(condition: threading.Condition, loops: int) -> None:
    for _ in repeat(None, loops):
        with condition:
            condition.wait_for(true)


def wait_event(head: Any, loops: int) -> None:
    for _ in repeat(None, loops):
        head.wait_event(true)


def waits() -> Iterator[Row]:
    condition, head = threading.Condition(), primitives.WaitQueueHead("bench.head")
    measured = compare(bind(notify, condition), bind(wake, head), per_loop=1)
    yield ratio_row("WaitQueueHead wake_up, nobody waits / Condition", measured, None)
    measured = compare(bind(wait_for, condition), bind(wait_event, head), per_loop=1)
    yield ratio_row("wait_event, true already / Condition.wait_for", measured, None)


# What runs later


def set_plain_timer(loops: int) -> None:
    for _ in repeat(None, loops):
        timer = threading.Timer(FAR, nothing)
        timer.start()
        timer.cancel()
        timer.join()


def set_timer(timer: Any, loops: int) -> None:
    for _ in repeat(None, loops):
        timer.mod(primitives.jiffies() + FAR)
        timer.delete_sync()


def submit(pool: ThreadPoolExecutor, loops: int) -> None:
    for _ in repeat(None, loops):
        pool.submit(nothing).result()


def queue_and_flush(queue: Any, work: Any, loops: int) -> None:
    for _ in repeat(None, loops):
        queue.queue(work)
        work.flush()


def start_and_join(loops: int) -> None:
    for _ in repeat(None, loops):
        thread = threading.Thread(target=nothing)
        thread.start()
        thread.join()


def run_and_stop(loops: int) -> None:
    for _ in repeat(None, loops):
        primitives.kthread_stop(primitives.kthread_run(nothing))


def deferred() -> Iterator[Row]:
    measured = compare(bind(set_plain_timer), bind(set_timer, primitives.Timer(nothing)), per_loop=1)
    yield ratio_row("Timer mod, delete_sync / threading.Timer", measured, None)
    with ThreadPoolExecutor(1) as pool:
        queue, work = primitives.WorkQueue("bench.queue", 1), primitives.Work(nothing)
        measured = compare(bind(submit, pool), bind(queue_and_flush, queue, work), per_loop=1)
        yield ratio_row("WorkQueue queue, flush / ThreadPoolExecutor", measured, None)
    measured = compare(bind(start_and_join), bind(run_and_stop), per_loop=1)
    yield ratio_row("kthread_run, kthread_stop / Thread start, join", measured, None)


def rows() -> Iterator[Row]:
    for part in (references, waits, deferred):
        yield from part()
