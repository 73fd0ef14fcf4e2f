"""What a program sees of lockdep in tracebacks: one line for each method that lockdep replaces, and all of its own."""

from __future__ import annotations

import queue
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from signal import default_int_handler

import pytest

import lockdep
from lockdep import fastpath
from lockdep.patch.tracebacks import is_own
from tests.worlds import world

Call = Callable[[], object]


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    with world(), lockdep.installed():
        yield


def lines_of(function: Call, handler: Callable[..., object] = default_int_handler) -> tuple[list[str], int]:
    """Return the names of the program's functions in the traceback of a call, and how many lines are lockdep's.

    Before it returns, a signal comes, whose default handler is written in C.
    """
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        function()
    except BaseException as error:
        lines = traceback.extract_tb(error.__traceback__)[1:]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    own = [line for line in lines if is_own(line.filename)]
    return [line.name for line in lines if line.filename == __file__ and line.name != "lines_of"], len(own)


def wait_for_lock() -> None:
    lock, held = threading.Lock(), threading.Event()

    def hold() -> None:
        with lock:
            held.set()
            time.sleep(0.5)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    try:
        lock.acquire()
    finally:
        holder.join()


def wait_for_condition() -> None:
    condition = threading.Condition()
    with condition:
        condition.wait(5)


def wait_for_result() -> None:
    with ThreadPoolExecutor(1) as executor:
        executor.submit(time.sleep, 0.5).result()


def wait_for_thread() -> None:
    thread = threading.Thread(target=time.sleep, args=(0.5,))
    thread.start()
    thread.join()


@pytest.mark.skipif(fastpath.BUILD == "pure", reason="there each function of a lock is one in Python")
@pytest.mark.parametrize("wait", [wait_for_lock, wait_for_condition, wait_for_result, wait_for_thread])
def test_an_interrupted_wait_shows_one_line_of_lockdep(wait: Call) -> None:
    assert lines_of(wait) == ([wait.__name__], 1)


@pytest.mark.skipif(fastpath.BUILD == "pure", reason="there each function of a lock is one in Python")
@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_a_wrong_release_shows_one_line_of_lockdep(kind: str) -> None:
    lock = getattr(threading, kind)()
    assert lines_of(lambda: lock.release()) == (["<lambda>"], 1)


def test_waits_in_python_show_one_line_for_each_method() -> None:
    assert lines_of(lambda: queue.Queue[int]().get(timeout=5)) == (["<lambda>"], 1)
    assert lines_of(lambda: threading.Event().wait(5)) == (["<lambda>"], 2)
    assert lines_of(lambda: threading.Thread().join()) == (["<lambda>"], 1)


def test_the_lines_of_a_handler_stay() -> None:
    def handle(*_: object) -> None:
        raise ValueError

    assert lines_of(wait_for_condition, handle)[0] == ["wait_for_condition", "handle"]
    assert lines_of(wait_for_lock, handle)[0] == ["wait_for_lock", "handle"]


def test_the_lines_of_a_work_item_stay() -> None:
    def fail() -> None:
        raise ValueError

    with ThreadPoolExecutor(1) as executor:
        future = executor.submit(fail)
        for _ in range(2):  # the exception is raised anew each time
            names, _ = lines_of(future.result)
            assert names == ["fail"]
