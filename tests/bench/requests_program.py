"""One kind of work of tests.bench.requests, as a program: prints the us of CPU of one item, in the best batch.

What one item does stands in a class, so that nothing is set up in the time that is measured.
"""

from __future__ import annotations

import asyncio
import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import process_time

WORKERS, MANY, BATCHES = 4, 20, 25
first, second = threading.Lock(), threading.Lock()


def work() -> int:
    """Do what each request does: take two locks."""
    with first, second:
        return sum(range(20))


def submit(count: int) -> None:
    for _ in range(count):
        pool.submit(work).result()


def submit_many(count: int) -> None:
    for _ in range(count // MANY):
        for future in [pool.submit(work) for _ in range(MANY)]:
            future.result()


def callback(count: int) -> None:
    """Do as gunicorn does: a callback tells the thread that has submitted an item that it can ask for the result."""
    done = queue.SimpleQueue[Future[int]]()
    for _ in range(count // MANY):
        for _ in range(MANY):
            pool.submit(work).add_done_callback(done.put)
        for _ in range(MANY):
            done.get().result()


def executor(count: int) -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        for _ in range(count):
            await loop.run_in_executor(pool, work)

    runner.run(serve())


def executor_many(count: int) -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        for _ in range(count // MANY):
            await asyncio.gather(*[loop.run_in_executor(pool, work) for _ in range(MANY)])

    runner.run(serve())


def coroutine(count: int) -> None:
    async def handle() -> None:
        await asyncio.sleep(0)
        work()

    async def serve() -> None:
        for _ in range(count):
            await asyncio.create_task(handle())

    runner.run(serve())


def thread(count: int) -> None:
    for _ in range(count):
        one = threading.Thread(target=work)
        one.start()
        one.join()


def thread_many(count: int) -> None:
    for _ in range(count // MANY):
        several = [threading.Thread(target=work) for _ in range(MANY)]
        for one in several:
            one.start()
        for one in several:
            one.join()


def thread_daemon(count: int) -> None:
    """Do as socketserver.ThreadingMixIn does with daemon_threads; a semaphore tells when they are through."""
    done = queue.SimpleQueue[int]()
    for _ in range(count // MANY):
        for _ in range(MANY):
            threading.Thread(target=lambda: done.put(work()), daemon=True).start()
        for _ in range(MANY):
            done.get()


def serve(items: queue.SimpleQueue[Callable[[], object]]) -> None:
    while True:
        items.get()()


def in_other() -> Callable[[Callable[[], object]], None]:
    """Return a function that has another thread do something, through a queue that lockdep does not see."""
    items = queue.SimpleQueue[Callable[[], object]]()
    threading.Thread(target=serve, args=(items,), daemon=True).start()
    return items.put


def queues(count: int) -> None:
    for _ in range(count):
        asked.put(1)
        answered.get()


def answer() -> None:
    while True:
        asked.get()
        answered.put(work())


def new_queue(count: int) -> None:
    for _ in range(count):
        made = queue.Queue[int]()
        do_elsewhere(lambda made=made: made.put(work()))  # type: ignore[misc]
        made.get()


def new_event(count: int) -> None:
    for _ in range(count):
        made = threading.Event()
        do_elsewhere(lambda made=made: (work(), made.set()))  # type: ignore[misc]
        made.wait()


def new_condition(count: int) -> None:
    def notify(made: threading.Condition, done: list[int]) -> None:
        with made:
            done.append(work())
            made.notify()

    for _ in range(count):
        made, done = threading.Condition(), list[int]()
        do_elsewhere(lambda made=made, done=done: notify(made, done))  # type: ignore[misc]
        with made:
            while not done:
                made.wait()


def batch(kind: Callable[[int], None], count: int) -> float:
    begin = process_time()
    kind(count)
    return (process_time() - begin) / count * 1e6


if __name__ == "__main__":
    runner = asyncio.Runner()
    asked, answered = queue.Queue[int](), queue.Queue[int]()
    do_elsewhere = in_other()
    threading.Thread(target=answer, daemon=True).start()
    with ThreadPoolExecutor(WORKERS) as pool:
        chosen = globals()[sys.argv[1]]
        batch(chosen, 400)  # whatever is done once
        print(min(batch(chosen, 200) for _ in range(BATCHES)))
