"""A wait under a lock is reported if whoever signals needs that lock; each scene has a twin that must stay silent."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import lockdep
from lockdep.threading import Condition, Lock
from tests.waits.scenes import play
from tests.worlds import found, in_thread, patched_world, world

pytestmark = pytest.mark.scenes

PURE = pytest.mark.parametrize("pure", ["0", "1"])

PRELUDE = """
import queue, time
import lockdep
lock, other = threading.Lock(), threading.Lock()

def in_thread(*works, wait=30):
    threads = [threading.Thread(target=work, name=work.__name__, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(wait)

def waits():
    return [(one.slug, one.grade) for one in lockdep.findings() if one.slug == "wait"]

def told(soon=False):  # soon: as soon as something is
    end = time.monotonic() + 60
    while soon and not waits() and time.monotonic() < end:
        time.sleep(0.1)
    print(waits())

"""

EVENT = """
ready = threading.Event()

def setter():
    with lock:
        ready.set()

def waiter():
    with lock:
        ready.wait()

in_thread(setter)
ready.clear()
in_thread(waiter, wait=1.5)
told()
"""

CONDITION = """
turn = threading.Condition()

def notifier():
    with lock, turn:
        turn.notify()

def waiter():
    with lock, turn:
        turn.wait()

in_thread(notifier)
in_thread(waiter, wait=1.5)
told()
"""

ITEM = """
jobs = queue.Queue()

def producer():
    with lock:
        jobs.put(1)

def consumer():
    with lock:
        jobs.get()

in_thread(producer)
jobs.get()
in_thread(consumer, wait=1.5)
told()
"""

ROOM = """
jobs = queue.Queue(1)

def consumer():
    with lock:
        jobs.get()

def producer():
    with lock:
        jobs.put(1)

jobs.put(1)
in_thread(consumer)
jobs.put(1)
in_thread(producer, wait=1.5)
told()
"""

UNIT = """
signal = threading.Semaphore(0)

def giver():
    with lock:
        signal.release()

def taker():
    with lock:
        signal.acquire()

in_thread(giver)
signal.acquire()
in_thread(taker, wait=1.5)
told()
"""

RECURSIVE = EVENT.replace("ready = ", "lock = threading.RLock()\nready = ")

TASK_HELD = """
jobs, came = queue.Queue(), threading.Semaphore(0)

def worker():
    while True:
        jobs.get()
        came.acquire()
        with lock:
            jobs.task_done()

def joiner():
    with lock:
        jobs.put(1)
        came.release()
        jobs.join()

threading.Thread(target=worker, daemon=True).start()
jobs.put(1)
came.release()
jobs.join()
in_thread(joiner, wait=1.5)
told()
"""

AGAIN = EVENT.replace("ready.wait()", "while not ready.wait(0.02):\n            pass")
ITEM_AGAIN = ITEM.replace(
    "jobs.get()\n\nin_thread(producer)",
    """while True:
            try:
                return jobs.get(timeout=0.02)
            except queue.Empty:
                continue

in_thread(producer)""",
)

SCENES = {
    "event": EVENT,
    "an event, again and again": AGAIN,
    "an item, again and again": ITEM_AGAIN,
    "condition": CONDITION,
    "item": ITEM,
    "room": ROOM,
    "unit": UNIT,
    "the end of a task": TASK_HELD,
    "recursive": RECURSIVE,
}

TAKEN = """
ready, started = threading.Event(), threading.Event()

def setter():
    with lock:
        pass
    started.wait()
    ready.set()

def waiter():
    with lock:
        started.set()
        ready.wait()

in_thread(setter, waiter)
told()
"""

ON_THE_WAY = """
jobs, ready = queue.Queue(), threading.Event()
passed, holding = [], []

def worker():
    while True:
        jobs.get()
        with lock:
            pass
        passed.append(1)
        while not holding:
            time.sleep(0.01)
        time.sleep(1.0)
        ready.set()

def waiter():
    jobs.put(1)
    while not passed:
        time.sleep(0.01)
    with lock:
        holding.append(1)
        ready.wait()

threading.Thread(target=worker, daemon=True).start()
in_thread(waiter)
told()
"""

TASK = """
jobs = queue.Queue()

def worker():
    while (needs := jobs.get()) is not None:
        if needs:
            with lock:
                pass
        time.sleep(0.1)
        jobs.task_done()

threading.Thread(target=worker, daemon=True).start()
jobs.put(True)
jobs.join()
jobs.put(False)
with lock:
    jobs.join()
told()
"""

ANSWER = """
asks = queue.SimpleQueue()

def worker():
    while True:
        needs, answered = asks.get()
        if needs:
            with lock:
                pass
        time.sleep(0.1)
        answered.set()

def ask(needs):
    answered = threading.Event()
    asks.put((needs, answered))
    answered.wait()

threading.Thread(target=worker, daemon=True).start()
ask(True)
with lock:
    ask(False)
told()
"""

FUTURE = """
from concurrent.futures import Future
answer = Future()

def setter():
    with lock:
        pass
    time.sleep(0.3)
    answer.set_result(1)

def waiter():
    time.sleep(0.1)
    with lock:
        answer.result()

in_thread(setter, waiter)
told()
"""

TAKEN_BEFORE = {
    "taken before the result of a future that no pool runs": FUTURE,
    "the same, and asked again after each timeout": FUTURE.replace(
        "        answer.result()\n",
        "        while True:\n            try:\n                answer.result(0.02)\n                break\n"
        "            except TimeoutError:\n                continue\n",
    ),
    "taken for another one of its class": ANSWER,
    "taken since the run began": TAKEN.replace("    started.wait()\n", "    time.sleep(0.3)\n")
    .replace("        started.set()\n", "")
    .replace("def waiter():\n", "def waiter():\n    time.sleep(0.1)\n"),
    "taken since the item came": ON_THE_WAY,
    "taken between get and task_done": TASK,
}

UNITS = """
from primitives import Semaphore
units, both = Semaphore(2, "units"), threading.Barrier(2)

def meet():
    with units:
        both.wait()

in_thread(meet, meet)
told()
"""

TWINS = {
    "a future whose setter needs no lock": FUTURE.replace("with lock:\n        pass", "pass"),
    "a future that has its result already": FUTURE.replace("sleep(0.1)", "sleep(0.6)"),
    "a future whose setter needs another lock": FUTURE.replace("with lock:\n        pass", "with other:\n        pass"),
    "a future, asked without the lock": FUTURE.replace(
        "    with lock:\n        answer", "    if True:\n        answer"
    ),
    "a new future, where others were set under the lock": FUTURE.replace(
        "    with lock:\n        pass\n",
        "    with lock:\n        Future().set_result(1)\n    time.sleep(0)\n    jobs.get()\n",
    )
    .replace("answer = Future()\n", "answer = Future()\njobs = queue.Queue()\n")
    .replace("    time.sleep(0.1)\n", "    time.sleep(0.1)\n    jobs.put(1)\n"),
    "two units of a semaphore": UNITS,
    "another one of its class needs no lock": ANSWER.replace("ask(True)", "ask(False)"),
    "another one of its class, which is older": ANSWER.replace("    answered = threading.Event()\n", "")
    .replace("def ask(needs):", "def ask(needs, answered):")
    .replace("ask(True)", "one, two = [threading.Event() for _ in range(2)]\nask(True, one)")
    .replace("ask(False)", "ask(False, two)"),
    "taken before another wait": TAKEN,
    "taken before the item came": ON_THE_WAY.replace(
        "    while True:\n        jobs.get()\n        with lock:\n            pass\n",
        "    while True:\n        with lock:\n            pass\n        jobs.get()\n",
    ),
    "taken by a try": ON_THE_WAY.replace(
        "        with lock:\n            pass\n", "        lock.acquire(False) and lock.release()\n"
    ),
    "no task needs it": TASK.replace("jobs.put(True)", "jobs.put(False)"),
    "the waiter holds another lock": EVENT.replace("with lock:\n        ready.wait", "with other:\n        ready.wait"),
    "the waiter holds nothing": ROOM.replace("with lock:\n        jobs.put", "if True:\n        jobs.put"),
    "it only tries": EVENT.replace("ready.wait()", "ready.wait(0)"),
    "the wait returns at once": EVENT.replace("ready.clear()\n", ""),
    "the item is there": ITEM.replace("jobs.get()\nin", "in"),
    "the signaller does not wait for the lock": EVENT.replace(
        "with lock:\n        ready.set", "if lock.acquire(False):\n        ready.set"
    ).replace("ready.set()", "ready.set(); lock.release()"),
    "the condition's own lock": CONDITION.replace("with lock, turn", "with turn"),
    "the waiter has signalled itself": """
jobs = queue.Queue()

def both():
    with lock:
        jobs.put(1)
        jobs.get()
        jobs.get()

in_thread(both, wait=1.5)
told()
""",
    "another thread signals without it": EVENT.replace(
        "ready.clear()", "ready.clear(); in_thread(ready.set); ready.clear()"
    ),
    "it signals again without it": EVENT.replace(
        "    with lock:\n        ready.set()", "    with lock:\n        ready.set()\n    ready.set()"
    ),
}


@PURE
@pytest.mark.parametrize("name", SCENES)
def test_a_wait_that_needs_who_needs_the_lock_is_reported(tmp_path: Path, name: str, pure: str) -> None:
    done = play(tmp_path, PRELUDE + SCENES[name].replace("told()", "told(soon=True)"), pure)

    assert (done.stdout, done.returncode) == ("[('wait', 'potential')]\n", 66), done.stderr


@PURE
@pytest.mark.parametrize("name", TAKEN_BEFORE)
def test_a_lock_that_a_signaller_takes_on_its_way_makes_a_warning(tmp_path: Path, name: str, pure: str) -> None:
    done = play(tmp_path, PRELUDE + TAKEN_BEFORE[name].replace("told()", "told(soon=True)"), pure)

    assert (done.stdout, done.returncode) == ("[('wait', 'unmatched')]\n", 0), done.stderr


@PURE
@pytest.mark.parametrize("name", TWINS)
def test_other_waits_are_not_reported(tmp_path: Path, name: str, pure: str) -> None:
    done = play(tmp_path, PRELUDE + TWINS[name], pure)

    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


STALLS = {
    "it gives up": AGAIN.replace("while not ready.wait(0.02):\n            pass", "ready.wait(0.02)"),
    "it gives up after some tries": AGAIN.replace(
        "while not ready.wait(0.02):\n            pass",
        "tries = 0\n        while not ready.wait(0.02):\n            tries += 1\n            if tries > 3: return",
    ),
    "it does other work between": AGAIN.replace("            pass", "            time.sleep(0)"),
    "it releases the lock between": AGAIN.replace(
        "    with lock:\n        while not ready.wait(0.02):\n            pass",
        "    while True:\n        with lock:\n            if ready.wait(0.02): break",
    ),
    "it fails": ITEM_AGAIN.replace("queue.Empty", "KeyError"),
}


@PURE
def test_a_timeout_that_ends_the_wait_makes_a_stall(tmp_path: Path, pure: str) -> None:
    scenes = [scene.replace("told()\n", "").replace("in_thread(", "daemon(") for scene in STALLS.values()]
    each = [f"def scene_{number}():{indented(scene)}\nscene_{number}()\n" for number, scene in enumerate(scenes)]
    daemon = "def daemon(work, wait=30):\n    in_thread(guarded(work), wait=wait)\n"

    done = play(tmp_path, PRELUDE + daemon + "".join(each) + "told()\n", pure)

    assert (done.stdout, done.returncode) == (f"{[('wait', 'stall')] * len(STALLS)}\n", 0), done.stderr


def indented(scene: str) -> str:
    return "\n    lock = threading.Lock()" + scene.replace("\n", "\n    ")


@PURE
def test_a_future_that_is_asked_with_a_timeout_makes_a_stall(tmp_path: Path, pure: str) -> None:
    done = play(tmp_path, PRELUDE + FUTURE.replace("result()", "result(5)"), pure)

    assert (done.stdout, done.returncode) == ("[('wait', 'stall')]\n", 0), done.stderr


@PURE
def test_a_wait_with_a_timeout_is_a_stall_whoever_came_first(tmp_path: Path, pure: str) -> None:
    scene = EVENT.replace("ready.wait()", "ready.wait(0.01)").replace("in_thread(setter)\n", "")

    done = play(tmp_path, PRELUDE + scene.replace("told()", "in_thread(setter)\ntold()"), pure)

    assert (done.stdout, done.returncode) == ("[('wait', 'stall')]\n", 0), done.stderr


@PURE
def test_a_signal_without_the_lock_excuses_a_wait_that_was_reported(tmp_path: Path, pure: str) -> None:
    scene = EVENT.replace("told()", "told()\nin_thread(ready.set)\ntold()")

    done = play(tmp_path, PRELUDE + scene, pure)

    assert (done.stdout, done.returncode) == ("[('wait', 'potential')]\n[]\n", 0), done.stderr


@PURE
def test_a_wait_is_refused_before_it_begins_if_findings_raise(tmp_path: Path, pure: str) -> None:
    scene = EVENT.replace("in_thread(waiter, wait=1.5)\ntold()", "run(waiter)")

    done = play(tmp_path, PRELUDE + scene, pure, raise_on_deadlock="1")

    assert done.stdout == "['DeadlockError']\n", done.stderr


def test_one_condition_says_nothing_of_another() -> None:
    with world():
        lock = Lock()
        one, two = [Condition(Lock()) for _ in range(2)]

        def notify() -> None:
            with lock, one:
                one.notify()

        in_thread(notify)
        with lock, two:
            two.wait(0.001)

        assert found() == []


def test_what_excuses_a_wait_is_named() -> None:
    with world() as validator:
        lock, turn = Lock("outer of turn"), Condition(Lock("turn"))

        def notify_holding() -> None:
            with lock:
                notify()

        def notify() -> None:
            with turn:
                turn.notify_all()

        in_thread(notify_holding)
        with lock, turn:
            turn.wait(0.001)
        assert found() == ["wait?"]
        in_thread(notify)

        (finding,) = [one for one in validator.findings() if one.slug == "wait"]
        assert finding.excuses == ("signal: another thread has signalled it without outer of turn",)
        assert lockdep.findings() == ()


@pytest.mark.parametrize("also_free", [False, True], ids=["held", "free"])
def test_what_a_thread_needs_that_always_holds_the_lock_is_soon_known(also_free: bool) -> None:
    noted: list[int] = []
    steps: list[int] = []
    with patched_world() as validator:
        lock, turn = threading.Lock(), threading.Condition(threading.Lock())
        note = validator._note_signal

        def counting(thread: Any, condition: Any) -> Any:
            if condition is turn:
                noted.append(len(steps))
            return note(thread, condition)

        validator._note_signal = counting  # type: ignore[method-assign]

        def notify_holding() -> None:
            for step in range(10):
                steps.append(step)
                with lock:
                    notify()
            if also_free:
                notify()

        def notify() -> None:
            with turn:
                turn.notify_all()

        def wait() -> None:
            with lock, turn:
                turn.wait(0.001)

        in_thread(notify_holding)
        in_thread(wait)
        told = found()

    assert told == ([] if also_free else ["wait?"])
    assert noted == [1, 2, 3, *([10] if also_free else [])]  # once before it is known what it takes in between
