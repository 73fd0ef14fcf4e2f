"""What hands something to another thread, under the patch: events, conditions, queues, barriers, threads, pools.

The raw side runs copies of threading, queue and concurrent.futures that were imported before the installation. A thread
runs before anything is measured, as the methods are replaced when a program makes its first one.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import repeat
from types import SimpleNamespace
from typing import Any

import lockdep
from tests.bench import build
from tests.bench.measure import Batch, bind, compare
from tests.bench.queues import put_get
from tests.bench.table import Row, ratio_row

COPIED = ("threading", "queue", "concurrent.futures.thread", "concurrent.futures._base", "concurrent.futures")
ITEMS = 100  # handed over in one loop of two threads


def modules() -> Any:
    """Return fresh copies of the modules, which nobody else uses: with raw locks before an installation."""
    kept = {name: sys.modules.pop(name) for name in COPIED if name in sys.modules}
    try:
        found = [importlib.import_module(name) for name in COPIED]
        return SimpleNamespace(threading=found[0], queue=found[1], futures=found[2])
    finally:
        for name in COPIED:
            sys.modules.pop(name, None)
        sys.modules.update(kept)


def own_modules() -> Any:
    """Return the modules of the program itself."""
    found = [importlib.import_module(name) for name in COPIED]
    return SimpleNamespace(threading=found[0], queue=found[1], futures=found[2])


def set_clear(event: Any, loops: int) -> None:
    set_it, clear = event.set, event.clear
    for _ in repeat(None, loops):
        set_it()
        clear()
        set_it()
        clear()
        set_it()
        clear()
        set_it()
        clear()
        set_it()
        clear()


def wait_set(event: Any, loops: int) -> None:
    wait = event.wait
    for _ in repeat(None, loops):
        wait()
        wait()
        wait()
        wait()
        wait()


def notify(condition: Any, loops: int) -> None:
    for _ in repeat(None, loops):
        with condition:
            condition.notify()
        with condition:
            condition.notify()
        with condition:
            condition.notify()
        with condition:
            condition.notify()
        with condition:
            condition.notify()


def take_give(semaphore: Any, loops: int) -> None:
    acquire, release = semaphore.acquire, semaphore.release
    for _ in repeat(None, loops):
        acquire()
        release()
        acquire()
        release()
        acquire()
        release()
        acquire()
        release()
        acquire()
        release()


def enter(semaphore: Any, loops: int) -> None:
    for _ in repeat(None, loops):
        with semaphore:
            pass
        with semaphore:
            pass
        with semaphore:
            pass
        with semaphore:
            pass
        with semaphore:
            pass


def pass_barrier(barrier: Any, loops: int) -> None:
    wait = barrier.wait
    for _ in repeat(None, loops):
        wait()
        wait()
        wait()
        wait()
        wait()


def run_thread(threading: Any, loops: int) -> None:
    make = threading.Thread
    for _ in repeat(None, loops):
        thread = make(target=bool)
        thread.start()
        thread.join()


def submit(pool: Any, loops: int) -> None:
    for _ in repeat(None, loops):
        pool.submit(bool).result()


def consumer(threading: Any, work: Callable[[], None]) -> Any:
    """Return a thread that does one piece of work again and again; it ends with the program."""

    def serve() -> None:
        while True:
            work()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return thread


def stream(made: Any, size: int) -> Batch:
    """Return a batch that puts items into a queue from which another thread takes them, and waits for the last one."""
    items, done = made.queue.Queue(size), made.queue.Queue()

    def take() -> None:
        for _ in repeat(None, ITEMS):
            items.get()
        done.put(None)

    consumer(made.threading, take)

    def put(loops: int) -> None:
        for _ in repeat(None, loops):
            for _ in repeat(None, ITEMS):
                items.put(1)
            done.get()

    return bind_closure(put)


def answer(made: Any) -> Batch:
    """Return a batch in which each item of one queue is answered in another: both threads wait each time."""
    asked, answered = made.queue.Queue(), made.queue.Queue()
    consumer(made.threading, lambda: answered.put(asked.get()))

    def ask(loops: int) -> None:
        for _ in repeat(None, loops):
            asked.put(1)
            answered.get()

    return bind_closure(ask)


def events(made: Any) -> Batch:
    """Return a batch in which two threads wait for each other's event in turn."""
    ping, pong = made.threading.Event(), made.threading.Event()

    def serve() -> None:
        ping.wait()
        ping.clear()
        pong.set()

    consumer(made.threading, serve)

    def play(loops: int) -> None:
        for _ in repeat(None, loops):
            ping.set()
            pong.wait()
            pong.clear()

    return bind_closure(play)


def conditions(made: Any) -> Batch:
    """Return a batch in which two threads take turns by one condition."""
    condition, turns = made.threading.Condition(), [0]

    def turn(mine: int) -> None:
        with condition:
            while turns[0] != mine:
                condition.wait()
            turns[0] = 1 - mine
            condition.notify()

    consumer(made.threading, lambda: turn(1))

    def play(loops: int) -> None:
        for _ in repeat(None, loops):
            turn(0)

    return bind_closure(play)


def phases(made: Any) -> Batch:
    """Return a batch in which two threads meet at a barrier."""
    barrier = made.threading.Barrier(2)
    consumer(made.threading, barrier.wait)

    def play(loops: int) -> None:
        for _ in repeat(None, loops):
            barrier.wait()

    return bind_closure(play)


def bind_closure(work: Callable[[int], None]) -> Batch:
    from time import perf_counter_ns

    def batch(loops: int) -> int:
        begin = perf_counter_ns()
        work(loops)
        return perf_counter_ns() - begin

    return batch


ALONE = (
    ("Event set and clear", set_clear, 5, lambda made: made.threading.Event()),
    ("Event.wait, set already", wait_set, 5, lambda made: set_event(made)),
    ("queue.Queue put and get", put_get, 5, lambda made: made.queue.Queue()),
    ("Condition: with, notify", notify, 5, lambda made: made.threading.Condition()),
    ("Semaphore acquire and release", take_give, 5, lambda made: made.threading.Semaphore(2)),
    ("with Semaphore", enter, 5, lambda made: made.threading.Semaphore(2)),
    ("Barrier of one", pass_barrier, 5, lambda made: made.threading.Barrier(1)),
)
TOGETHER = (
    ("items of a queue, two threads", stream, ITEMS, (0,)),
    ("items of a queue with room for 10, two threads", stream, ITEMS, (10,)),
    ("item and answer, two queues", answer, 1, ()),
    ("two events in turn", events, 1, ()),
    ("a condition in turn", conditions, 1, ()),
    ("Barrier of two", phases, 1, ()),
)


def set_event(made: Any) -> Any:
    event = made.threading.Event()
    event.set()
    return event


def rows() -> Iterator[Row]:
    raw = modules()
    with lockdep.installed(), ExitStack() as stack:
        known = own_modules()
        run_thread(known.threading, 1)
        for what, work, times, make in ALONE:
            measured = compare(bind(work, make(raw)), bind(work, make(known)), per_loop=times)
            yield ratio_row(what, measured, build.HANDOFF)
        for what, pair, times, more in TOGETHER:
            measured = compare(pair(raw, *more), pair(known, *more), per_loop=times, batch_ns=3_000_000)
            yield ratio_row(what, measured, build.HANDOFF)
        starts = [bind(run_thread, made.threading) for made in (raw, known)]
        measured = compare(*starts, per_loop=1, batch_ns=3_000_000)
        yield ratio_row("Thread start and join", measured, None)
        pools = [stack.enter_context(made.futures.ThreadPoolExecutor(1)) for made in (raw, known)]
        measured = compare(*(bind(submit, pool) for pool in pools), per_loop=1, batch_ns=3_000_000)
        yield ratio_row("ThreadPoolExecutor.submit().result()", measured, None)
