"""Threads that nobody can free any more are reported, though more than one thread could end each of their waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.waits.scenes import play, reports

pytestmark = pytest.mark.scenes

PURE = pytest.mark.parametrize("pure", ["0", "1"])
KNOT = "BUG: threads are blocked for ever"

UPGRADE = """
from primitives import RWSem
here, there, met = RWSem(), RWSem(), threading.Barrier(2)

def upgrade(reads, writes):
    with reads.read():
        met.wait()
        with writes.write():
            pass

def one():
    upgrade(here, there)

def two():
    upgrade(there, here)

run(one, two)
"""

QUEUED_WRITER = """
import time
from primitives import RWSem
sem, lock = RWSem(), threading.Lock()

def reader():
    with sem.read():
        while not sem.waiting:
            time.sleep(0.01)
        with lock:
            pass

def writer():
    with sem.write():
        pass

def second():
    with lock:
        while not sem.waiting:
            time.sleep(0.01)
        with sem.read():
            pass

threads = started(second, reader)
while not sem.is_locked():
    time.sleep(0.01)
threads += started(writer)
for thread in threads:
    thread.join()
print(sorted(ended))
"""

UNITS = """
from primitives import Semaphore
units, met = Semaphore(2), threading.Barrier(2)

def one():
    units.down()
    try:
        met.wait()
        units.down()
        units.up()
    finally:
        units.up()

def two():
    one()

run(one, two)
"""

POOL = """
def inner():
    return 1

def outer():
    return pool.submit(inner).result()

with ThreadPoolExecutor(2) as pool:
    met = threading.Barrier(2)
    def work():
        met.wait()
        outer()
    futures = [pool.submit(guarded(work)) for _ in range(2)]
    for future in futures:
        future.result()
print(sorted(ended))
"""

GATHERED = POOL.replace(
    "return pool.submit(inner).result()",
    "import concurrent.futures as f; return f.wait([pool.submit(inner), pool.submit(inner)])",
)
COMPLETED = POOL.replace(
    "return pool.submit(inner).result()",
    "import concurrent.futures as f; return list(f.as_completed([pool.submit(inner), pool.submit(inner)]))",
)

ORPHAN = """
lock = threading.RLock()

def taker():
    lock.acquire()

def waiter():
    with lock:
        pass

(thread,) = started(taker)
thread.join()
run(waiter)
"""

ORPHANED_LATER = """
import time
lock, taken = threading.LOCK(), threading.Event()

def taker():
    lock.acquire()
    taken.set()
    time.sleep(0.3)

def waiter():
    taken.wait()
    with lock:
        pass

run(waiter, taker)
"""

JOINED = """
def waiter():
    threading.Event().wait()

def joiner():
    waiting.join()

(waiting,) = started(waiter)
run(joiner)
"""

SEMAPHORE = """
units, met = threading.Semaphore(2), threading.Barrier(2)

def one():
    with units:
        met.wait()
        with units:
            pass

def two():
    one()

run(one, two)
"""

FULL_QUEUE = """
from queue import Queue
queue, lock = Queue(1), threading.Lock()

def producer():
    with lock:
        for number in range(2):
            queue.put(number)

def consumer():
    while not queue.full():
        pass
    with lock:
        queue.get()

run(producer, consumer)
"""

STUCK_SETTER = """
event, lock, holds = threading.Event(), threading.Lock(), threading.Event()

def waiter():
    with lock:
        holds.set()
        event.wait()

def setter():
    holds.wait()
    with lock:
        event.set()

run(waiter, setter)
"""

WAITS_AGAIN = STUCK_SETTER.replace("event.wait()", "while not event.wait(0.2):\n            pass")

NESTED_MONITOR = """
lock, condition, holds = threading.RLock(), threading.Condition(), threading.Event()

def waiter():
    with lock:
        with condition:
            holds.set()
            condition.wait()

def notifier():
    holds.wait()
    with lock:
        with condition:
            condition.notify()

run(waiter, notifier)
"""

THREAD_POOL = (
    POOL.replace("pool.submit(inner).result()", "pool.apply(inner)")
    .replace(
        "with ThreadPoolExecutor(2) as pool:",
        "from multiprocessing.pool import ThreadPool\nwith ThreadPool(2) as pool:",
    )
    .replace("pool.submit(guarded(work))", "pool.apply_async(guarded(work))")
    .replace("future.result()", "future.get()")
)

NEXT_ITEM = THREAD_POOL.replace("pool.apply(inner)", "next(pool.imap(lambda _: inner(), [1]))")

KNOTS = {
    "thread pool": THREAD_POOL, "imap": NEXT_ITEM,
    "upgrade": UPGRADE, "queued writer": QUEUED_WRITER, "units": UNITS, "pool": POOL, "orphan": ORPHAN,
    "semaphore": SEMAPHORE, "full queue": FULL_QUEUE, "stuck setter": STUCK_SETTER, "nested monitor": NESTED_MONITOR,
    "waits again": WAITS_AGAIN, "gathered": GATHERED, "as completed": COMPLETED,
    "joined": JOINED,
    "orphaned later": ORPHANED_LATER.replace("LOCK", "RLock"), "plain orphan": ORPHANED_LATER.replace("LOCK", "Lock"),
}  # fmt: skip
FREED = {
    "joined": "['DeadlockError']\n",
    "orphan": "['DeadlockError', 'well']\n",
    "queued writer": "['DeadlockError', 'well', 'well']\n",
}


@PURE
@pytest.mark.parametrize("name", KNOTS)
def test_one_thread_of_a_knot_gets_an_exception_and_the_others_go_on(tmp_path: Path, name: str, pure: str) -> None:
    done = play(tmp_path, KNOTS[name], pure, on_deadlock="raise")

    assert done.stdout == FREED.get(name, "['DeadlockError', 'well']\n"), done.stderr
    assert reports(done.stderr) == done.stderr.count(KNOT) == 1


READERS = UPGRADE.replace("writes.write()", "writes.read()")

HELD_UNIT = """
import time
from primitives import Semaphore
units, holds = Semaphore(2), threading.Event()

def holder():
    with units:
        with units:
            holds.set()
            time.sleep(2.5)

def taker():
    holds.wait()
    with units:
        pass

run(holder, taker, taker)
"""

BUSY_POOL = """
import time

def inner():
    time.sleep(1.5)

with ThreadPoolExecutor(2) as pool:
    def outer():
        pool.submit(inner).result()
    pool.submit(guarded(outer)).result()
print(sorted(ended))
"""

BUSY_GATHERED = BUSY_POOL.replace(
    "pool.submit(inner).result()", "__import__('concurrent.futures').futures.wait([pool.submit(inner)])"
)

BUSY_THREAD_POOL = """
import time
from multiprocessing.pool import ThreadPool

def inner(_number):
    time.sleep(1.5)

with ThreadPool(2) as pool:
    def outer():
        pool.map(inner, range(3))
        list(pool.imap(inner, [1]))
    pool.apply(guarded(outer))
print(sorted(ended))
"""

IDLE_POOL = """
import time
with ThreadPoolExecutor(2) as pool:
    pool.submit(guarded(int)).result()
    pool.submit(guarded(int)).result()
    never = threading.Thread(target=threading.Event().wait, daemon=True)
    never.start()
    time.sleep(2.5)
print(sorted(ended))
"""

HANDED = """
import time
lock = threading.Lock()

def taker():
    lock.acquire()

def waiter():
    lock.acquire()

def giver():
    time.sleep(2.5)
    lock.release()

(thread,) = started(taker)
thread.join()
run(waiter, giver)
"""

# Somebody else can still set the event: a thread, a handler, a loop.
SET_BY_OTHERS = STUCK_SETTER.replace(
    "run(waiter, setter)",
    """
import time
def other():
    time.sleep(2.5)
    event.set()

run(waiter, setter, other)
""",
)

SET_BY_HANDLER = STUCK_SETTER.replace(
    "run(waiter, setter)",
    """
import signal
signal.signal(signal.SIGALRM, lambda *_: event.set())
signal.setitimer(signal.ITIMER_REAL, 2.5)
run(waiter, setter)
""",
)

SET_BY_LOOP = STUCK_SETTER.replace(
    "run(waiter, setter)",
    """
import asyncio
async def loop():
    await asyncio.sleep(2.5)
    event.set()

threads = started(waiter, setter)
asyncio.run(loop())
for thread in threads:
    thread.join()
print(sorted(ended))
""",
)

UNITS_BACK = """
import time
units = threading.BoundedSemaphore(2)

def holder():
    with units:
        with units:
            time.sleep(2.5)

def taker():
    with units:
        pass

run(holder, taker, taker)
"""

DAEMON = """
import time
threading.Thread(target=threading.Event().wait, daemon=True).start()
(thread,) = started(lambda: time.sleep(2.5))
thread.join()
print(sorted(ended))
"""

GIVES_UP = STUCK_SETTER.replace(
    "event.wait()", "tries = 0\n        while not event.wait(0.5) and tries < 4:\n            tries += 1"
)

# The waiter was woken, though it still runs inside Condition.wait.
WOKEN = """
import time
lock, condition = threading.Lock(), threading.Condition()
restore = condition._acquire_restore

def slowly(state):
    time.sleep(2.5)
    restore(state)

condition._acquire_restore = slowly

def waiter():
    with lock:
        with condition:
            condition.wait()

def notifier():
    while not condition._waiters:
        time.sleep(0.01)
    with condition:
        condition.notify()
    with lock:
        pass

run(waiter, notifier)
"""

# The main thread has the lock of the future's condition for a moment, on its way to the wait.
SLOW_TO_WAIT = """
import time

class Slow(threading.Condition):
    def wait(self, timeout=None):
        time.sleep(1)
        return super().wait(timeout)

submitted = threading.Event()
with ThreadPoolExecutor(1) as pool:
    future = pool.submit(guarded(submitted.wait))
    future._condition = Slow()
    submitted.set()
    future.result()
print(sorted(ended))
"""

FREED_ORPHAN = ORPHANED_LATER.replace("LOCK", "Lock").replace(
    "run(waiter, taker)",
    """
def freer():
    taken.wait()
    time.sleep(2)
    lock.release()

run(waiter, taker, freer)
""",
)

SOUND = {
    "freed orphan": FREED_ORPHAN, "busy thread pool": BUSY_THREAD_POOL,
    "woken": WOKEN, "slow to wait": SLOW_TO_WAIT,
    "readers": READERS, "held unit": HELD_UNIT, "busy": BUSY_POOL, "idle": IDLE_POOL, "handed": HANDED,
    "thread": SET_BY_OTHERS, "signal": SET_BY_HANDLER, "loop": SET_BY_LOOP, "daemon": DAEMON,
    "units back": UNITS_BACK, "gives up": GIVES_UP, "busy and gathered": BUSY_GATHERED,
}  # fmt: skip


@PURE
@pytest.mark.parametrize("name", SOUND)
def test_waits_that_somebody_can_end_are_silent(tmp_path: Path, name: str, pure: str) -> None:
    done = play(tmp_path, SOUND[name], pure, on_deadlock="raise")

    assert reports(done.stderr) == 0, done.stderr
    assert "DeadlockError" not in done.stdout
    assert "well" in done.stdout


ITSELF = """
lock = threading.Lock()

def twice():
    with lock:
        lock.acquire()

run(twice)
"""

# The late hand-off looks like a recursion (a limitation), but nobody's wait is ended.
FREED_BY_ANOTHER = ITSELF.replace(
    "run(twice)",
    """
import time
def giver():
    time.sleep(2.5)
    lock.release()

run(twice, giver)
""",
)


@PURE
def test_a_thread_that_waits_for_itself_gets_an_exception_and_one_report(tmp_path: Path, pure: str) -> None:
    done = play(tmp_path, ITSELF, pure, on_deadlock="raise")

    assert done.stdout == "['DeadlockError']\n"
    assert done.stderr.count("ERROR: possible recursive locking detected") == 1
    assert reports(done.stderr) == 0


@PURE
def test_a_thread_whose_lock_another_one_can_still_free_waits(tmp_path: Path, pure: str) -> None:
    done = play(tmp_path, FREED_BY_ANOTHER, pure, on_deadlock="raise")

    assert done.stdout == "['well', 'well']\n"
    assert reports(done.stderr) == 0


AT_THE_END = """
lock, event = threading.Lock(), threading.Event()

def waiter():
    with lock:
        event.wait()

def taker():
    with lock:
        pass

threading.Thread(target=waiter).start()
threading.Thread(target=taker).start()
"""

SET_AT_THE_END = (
    AT_THE_END
    + """
import time
def other():
    time.sleep(2.5)
    event.set()

threading.Thread(target=other).start()
"""
)


@PURE
def test_a_program_whose_end_waits_for_blocked_threads_is_told(tmp_path: Path, pure: str) -> None:
    done = play(tmp_path, AT_THE_END, pure, on_deadlock="exit", exit_code="7")

    assert done.returncode == 7
    assert reports(done.stderr) == done.stderr.count(KNOT) == 1


@PURE
def test_a_program_whose_end_waits_for_threads_that_go_on_is_silent(tmp_path: Path, pure: str) -> None:
    done = play(tmp_path, SET_AT_THE_END, pure, on_deadlock="exit", exit_code="7")

    assert done.returncode == 0
    assert reports(done.stderr) == 0
