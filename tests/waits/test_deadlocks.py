"""Threads that do wait for each other are reported, and one of them is freed by an exception."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.waits.scenes import DEADLOCK, play, reports

pytestmark = pytest.mark.scenes

PURE = pytest.mark.parametrize("pure", ["0", "1"])

# Each scene ends by itself only if one thread of the circle is freed.
ABBA = """
a, b, met = LOCK(), LOCK(), threading.Barrier(2)

def one():
    with a:
        met.wait()
        with b:
            pass

def two():
    with b:
        met.wait()
        with a:
            pass

run(one, two)
"""

RING = """
locks, met = [LOCK(), LOCK(), LOCK()], threading.Barrier(3)

def nest(first, second):
    with first:
        met.wait()
        with second:
            pass

def one():
    nest(locks[0], locks[1])

def two():
    nest(locks[1], locks[2])

def three():
    nest(locks[2], locks[0])

run(one, two, three)
"""

JOIN = """
lock, holds = LOCK(), threading.Event()

def worker():
    holds.wait()
    with lock:
        pass

(thread,) = started(worker)

def joiner():
    with lock:
        holds.set()
        thread.join()

guarded(joiner)()
thread.join()
print(sorted(ended))
"""

FUTURE = """
lock, holds = LOCK(), threading.Event()

def item():
    holds.wait()
    with lock:
        pass

def asker():
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(guarded(item))
        with lock:
            holds.set()
            future.result()

guarded(asker)()
print(sorted(ended))
"""

JOINS = """
began, threads = threading.Barrier(2), []

def one():
    began.wait()
    threads[1].join()

def two():
    began.wait()
    threads[0].join()

threads += [threading.Thread(target=guarded(work), name=work.__name__) for work in (one, two)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(ended))
"""

# The handler waits on top of the wait that it has interrupted.
IN_HANDLER = """
import signal, time
a, b, c, holds = LOCK(), LOCK(), LOCK(), threading.Event()

def handler(*_):
    with a:
        pass

def other():
    with a:
        with b:
            holds.set()
            while not signalled:
                time.sleep(0.01)
            with c:
                pass

def waiter():
    with c:
        with b:
            pass

signalled = []
signal.signal(signal.SIGALRM, lambda *_: (signalled.append(1), handler()))
(thread,) = started(other)
holds.wait()
signal.setitimer(signal.ITIMER_REAL, 0.3)
guarded(waiter)()
thread.join()
print(sorted(ended))
"""

THREAD_POOL = """
from multiprocessing.pool import ThreadPool
lock, holds = LOCK(), threading.Event()

def item(*_):
    holds.wait()
    with lock:
        pass

def asker():
    with lock:
        holds.set()
        pool.ASK

with ThreadPool(2) as pool:
    guarded(asker)()
print(sorted(ended))
"""
APPLY = THREAD_POOL.replace("ASK", "apply(guarded(item))")
IMAP = THREAD_POOL.replace("ASK", "imap(lambda _: guarded(item)(), [1]).next()")

CIRCLES = {
    "ABBA": ABBA, "ring": RING, "join": JOIN, "future": FUTURE, "joins": JOINS, "in handler": IN_HANDLER,
    "apply": APPLY, "imap": IMAP,
}  # fmt: skip


@PURE
@pytest.mark.parametrize("kind", ["threading.Lock", "threading.RLock"])
@pytest.mark.parametrize("name", CIRCLES)
def test_one_thread_of_a_circle_gets_an_exception_and_the_others_go_on(
    tmp_path: Path, name: str, kind: str, pure: str
) -> None:
    done = play(tmp_path, CIRCLES[name].replace("LOCK", kind), pure, on_deadlock="raise")

    freed = 3 if name == "ring" else 2
    assert done.stdout == f"{['DeadlockError'] + ['well'] * (freed - 1)}\n"
    assert reports(done.stderr) == done.stderr.count(DEADLOCK) == 1
    assert done.returncode == 66


@PURE
def test_a_semaphore_that_is_waited_for_is_named_and_not_said_to_be_held(tmp_path: Path, pure: str) -> None:
    done = play(tmp_path, ABBA.replace("LOCK", "threading.Semaphore"), pure, on_deadlock="raise")

    told = done.stderr.partition("BUG: ")[2]
    assert done.stdout == "['DeadlockError', 'well']\n"
    assert ("holds A and waits for B" in told, "holds B and waits for A" in told) == (True, True), told
    assert "a unit of a semaphore" not in told


# Both threads find the circle. The first one reports it when the second has found it, too, and that goes on afterwards.
TOGETHER = """
import itertools, lockdep, time
turns, found = itertools.count(1), []

def judge_other(self, thread, *_):
    if threading.current_thread() is threading.main_thread():
        return  # it waits for both
    turn = next(turns)
    found.append(turn)
    while len(found) < 2 if turn == 1 else not ended:
        time.sleep(0.001)

lockdep.Validator.judge_other = judge_other
"""


@PURE
def test_one_thread_gets_an_exception_when_two_find_the_circle_at_once(tmp_path: Path, pure: str) -> None:
    done = play(tmp_path, TOGETHER + ABBA.replace("LOCK", "threading.Lock"), pure, on_deadlock="raise")

    assert done.stdout == "['DeadlockError', 'well']\n"
    assert reports(done.stderr) == 1


# The same moves, but each wait can end.
ORDERED = """
a, b, met = LOCK(), LOCK(), threading.Barrier(2)

def one():
    met.wait()
    with a:
        with b:
            pass

run(one, one)
"""

LONG_HOLD = """
import time
a, b, holds = LOCK(), LOCK(), threading.Event()

def holder():
    with a:
        holds.set()
        time.sleep(2.5)

def waiter():
    holds.wait()
    with b:
        with a:
            pass

run(holder, waiter, waiter)
"""

RETRY = """
a, b, met = LOCK(), LOCK(), threading.Barrier(2)

def one():
    with a:
        met.wait()
        with b:
            pass

def two():
    with b:
        met.wait()
        for _ in range(5):
            if a.acquire(timeout=0.1):
                a.release()

run(one, two)
"""

HANDLER = """
import os, signal, time
a, b, holds = LOCK(), LOCK(), threading.Event()

class Enough(Exception):
    pass

def handler(*_):
    raise Enough

def holder():
    with a:
        holds.set()
        time.sleep(2)

signal.signal(signal.SIGALRM, handler)
(thread,) = started(holder)
holds.wait()
signal.setitimer(signal.ITIMER_REAL, 1.2)
try:
    with b:
        with a:
            pass
except Enough:
    ended.append("well")
thread.join()
print(sorted(ended))
"""

# The waiting thread is not asleep: its handler has the lock that the other thread wants, and gives it back.
HELD_BY_HANDLER = """
import signal, time
a, b, holds, taken = LOCK(), LOCK(), threading.Event(), []

def handler(*_):
    with a:
        taken.append(1)
        time.sleep(1.5)

def holder():
    with b:
        holds.set()
        while not taken:
            time.sleep(0.01)
        with a:
            pass

def waiter():
    with b:
        pass

signal.signal(signal.SIGALRM, handler)
(thread,) = started(holder)
holds.wait()
signal.setitimer(signal.ITIMER_REAL, 0.3)
guarded(waiter)()
thread.join()
print(sorted(ended))
"""

HAND_OFFS = """
import sys
sys.setswitchinterval(1e-6)
a, b = LOCK(), LOCK()

def work():
    for _ in range(2500):
        with a:
            with b:
                pass

run(work, work, work, work)
"""

SOUND = {
    "ordered": ORDERED, "long": LONG_HOLD, "retry": RETRY, "handler": HANDLER, "held by handler": HELD_BY_HANDLER,
    "hand-offs": HAND_OFFS,
}  # fmt: skip


@PURE
@pytest.mark.parametrize("kind", ["threading.Lock", "threading.RLock"])
@pytest.mark.parametrize("name", SOUND)
def test_waits_that_end_are_silent(tmp_path: Path, name: str, kind: str, pure: str) -> None:
    done = play(tmp_path, SOUND[name].replace("LOCK", kind), pure, on_deadlock="raise")

    assert reports(done.stderr) == 0, done.stderr
    assert set(json.loads(done.stdout.replace("'", '"'))) == {"well"}


@PURE
def test_a_process_ends_when_the_option_says_so(tmp_path: Path, pure: str) -> None:
    scene = ABBA.replace("LOCK", "threading.Lock")
    done = play(tmp_path, scene, pure, on_deadlock="exit", exit_code="7")

    assert done.returncode == 7
    assert done.stderr.count(DEADLOCK) == 1
    assert "\nlockdep (" in done.stderr  # the summary line


WATCHED = ABBA.replace("LOCK", "threading.Lock").replace(
    "run(one, two)",
    """
import os, sys, time
import lockdep
threads = started(one, two)
until = time.monotonic() + 60
while "deadlock" not in [finding.slug for finding in lockdep.findings()] and time.monotonic() < until:
    time.sleep(0.05)
print([thread.is_alive() for thread in threads], flush=True)
os._exit(0)
""",
)


@PURE
def test_by_default_a_deadlock_is_reported_and_nothing_else_happens(tmp_path: Path, pure: str) -> None:
    done = play(tmp_path, WATCHED, pure)

    assert done.stdout == "[True, True]\n"


def test_a_prediction_is_observed_when_it_comes_true(tmp_path: Path) -> None:
    done = play(tmp_path, ABBA.replace("LOCK", "threading.Lock"), on_deadlock="raise", style="kernel")

    assert "foretold by [" in done.stderr


def test_a_suppressed_deadlock_ends_no_wait(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.lockdep]\nsuppress = ["deadlock: *", "circular: *"]\n')
    every = "lockdep.runtime.validator().findings()"
    scene = WATCHED.replace("import lockdep", "import lockdep.runtime").replace("lockdep.findings()", every)
    done = play(tmp_path, scene, on_deadlock="raise")

    assert done.stdout == "[True, True]\n"
    assert reports(done.stderr) == 0
