"""The end of a program: finalizers that run when the modules are emptied use locks and what is built on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.processes.runs import ABBA, run
from tests.worlds import PLAIN, program

LATE = """
import _thread, os, queue, threading
from concurrent.futures import Future

def inside(thing):
    with thing:
        pass

def make(kind, inside=inside):
    inside(kind())

def take_twice(lock):
    with lock:
        lock.acquire(timeout=0.01)

def notify(condition):
    with condition:
        condition.notify_all()

def signal(event):
    event.set()

def pass_on(queue):
    queue.put(1)
    queue.get()
    queue.task_done()

def settle(future):
    future.set_result(1)
    future.result()

USES = {
    "new lock": (make, threading.Lock),
    "lock": (inside, threading.Lock()),
    "lock that is held": (take_twice, threading.Lock()),
    "rlock": (inside, threading.RLock()),
    "condition": (notify, threading.Condition()),
    "event": (signal, threading.Event()),
    "semaphore": (inside, threading.Semaphore()),
    "queue": (pass_on, queue.Queue()),
    "future": (settle, Future()),
}

class Late:
    def __del__(self, uses=USES, write=os.write):
        for name, (use, thing) in uses.items():
            try:
                use(thing)
                write(1, b"%s\\n" % name.encode())
            except BaseException as error:
                write(1, b"%s: %s\\n" % (name.encode(), type(error).__name__.encode()))

_thread.of_late = Late()  # this module is emptied last
"""
CALLED = f"import atexit\n{ABBA}\natexit.register(AT_EXIT)\n"


def test_late_finalizers_can_use_what_they_can_without_lockdep(tmp_path: Path) -> None:
    plain = program(tmp_path, LATE, command=PLAIN)
    assert plain.stdout.splitlines()[:4] == ["new lock", "lock", "lock that is held", "rlock"]

    assert run(tmp_path, LATE).stdout == plain.stdout
    child = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {LATE!r}])\n"
    assert run(tmp_path, child).stdout == plain.stdout


@pytest.mark.parametrize(("called", "errors"), [("abba", 1), ("abab", 0)])
def test_what_callbacks_of_atexit_do_is_still_seen(tmp_path: Path, called: str, errors: int) -> None:
    assert run(tmp_path, CALLED.replace("AT_EXIT", called)).summary[0] == errors
