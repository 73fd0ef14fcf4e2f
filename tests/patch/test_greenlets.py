"""gevent and eventlet, which replace the thread functions by those of their greenlets, before lockdep or after."""

import functools
import importlib.util
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.worlds import PLAIN, program

GEVENT = """
import gevent
from gevent import spawn, sleep
from gevent.monkey import patch_all as patch
def spin(lock):  # its locks let others run when they are tried in vain
    while not lock.acquire(blocking=False):
        pass
    lock.release()
def wait_for(*greenlets):
    gevent.joinall(greenlets, raise_error=True)
"""

EVENTLET = """
import eventlet
from eventlet import monkey_patch as patch, sleep, spawn
def spin(lock):
    while not lock.acquire(blocking=False):
        sleep(0)
    lock.release()
def wait_for(*greenlets):
    for greenlet in greenlets:
        greenlet.wait()
"""

LIBRARIES = {"gevent": GEVENT, "eventlet": EVENTLET}
pytestmark = pytest.mark.any_build
BUILDS = pytest.mark.parametrize("pure", ["0", "1"], ids=["built", "pure"])
EACH = pytest.mark.parametrize(
    "library",
    [
        pytest.param(name, marks=pytest.mark.skipif(importlib.util.find_spec(name) is None, reason="not installed"))
        for name in LIBRARIES
    ],
)

USE = """
import queue, threading
from concurrent.futures import ThreadPoolExecutor

def excludes(lock):
    seen = 0
    def add():
        nonlocal seen
        for _ in range(5):
            with lock:
                before = seen
                sleep(0)
                seen = before + 1
    wait_for(*(spawn(add) for _ in range(4)))
    return seen == 20

def again(lock):
    with lock:
        sleep(0)
        with lock:
            sleep(0)

makers = threading.Lock, threading.RLock, threading.Condition, threading.Semaphore
locks = [*(make() for make in makers), threading.Condition(threading.Lock())]
print([excludes(lock) for lock in locks])
recursive = threading.RLock()
wait_for(*(spawn(again, recursive) for _ in range(3)))
with recursive:
    print(repr(recursive).partition(" at ")[0])
print(recursive._is_owned(), repr(recursive).partition(" at ")[0], type(recursive), repr(threading.Lock()).split()[0])

def hand_over(lock):
    lock.acquire()
    sleep(0)
    lock.release()
lock = threading.Lock()
wait_for(spawn(hand_over, lock), spawn(spin, lock))
print(lock.locked())

condition, items, got = threading.Condition(), [], []
def consume():
    with condition:
        while not items:
            condition.wait()
        got.append(items.pop())
def produce(item):
    with condition:
        items.append(item)
        sleep(0)
        condition.notify()
wait_for(*(spawn(consume) for _ in range(3)), *(spawn(produce, item) for item in range(3)))
print(sorted(got))

channel, event = queue.Queue(1), threading.Event()
wait_for(*(spawn(channel.get) for _ in range(3)), *(spawn(channel.put, item) for item in range(3)))
wait_for(spawn(event.wait), spawn(event.set))
threads = [threading.Thread(target=again, args=(recursive,)) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
with ThreadPoolExecutor(2) as pool:
    print(list(pool.map(str, range(3))), threading.Lock().acquire(timeout=1), recursive.acquire(blocking=False))
"""

BOTH_ORDERS = """
def take(outer, inner):
    with outer:
        sleep(0)
        with inner:
            sleep(0)
"""

EARLY = (
    "patch()\nimport lockdep\nlockdep.install()\nfrom lockdep import fastpath"
    + USE
    + BOTH_ORDERS
    + """
a, b = threading.Lock(), threading.Lock()
wait_for(spawn(take, a, b), spawn(again, threading.RLock()), spawn(take, a, b))
print([finding.slug for finding in lockdep.findings()])
wait_for(spawn(take, b, a))
print([finding.slug for finding in lockdep.findings()], fastpath.BUILD, fastpath.thread_count() < 10)
"""
)

# A lock made before the patch makes all greenlets wait; so they take it while it is free only, as sound programs do.
LATE = (
    "import threading, lockdep"
    + BOTH_ORDERS
    + """
a, b, c, d, recursive = threading.Lock(), threading.Lock(), threading.Lock(), threading.Lock(), threading.RLock()
take(c, d)
take(d, c)
patch()
def hold(lock):
    with lock:
        sleep(0)
        sleep(0)
for outer, inner in ((a, b), (b, a), (recursive, a), (a, recursive)):
    wait_for(spawn(hold, outer), spawn(hold, inner))
print([finding.slug for finding in lockdep.findings()], len(lockdep.findings()[0].classes))
"""
    + USE
)


def run(folder: Path, library: str, source: str, *command: str, pure: str) -> subprocess.CompletedProcess[str]:
    how = ("-W", "ignore", *command)
    done = program(folder, LIBRARIES[library] + source, command=how, LOCKDEP_PURE=pure)
    assert done.returncode in (0, 66), done.stderr
    return done


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[str]]:
    """What a program that only uses locks prints without lockdep."""

    @functools.cache
    def output(library: str) -> list[str]:
        done = run(tmp_path_factory.mktemp("plain"), library, "patch()" + USE, *PLAIN, pure="0")
        return done.stdout.splitlines()

    return output


def lines_about(library: str, done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if line.startswith("lockdep: ") and library in line]


@EACH
def test_greenlets_of_a_patched_program_are_validated_as_threads(
    tmp_path: Path, library: str, plain: Callable[[str], list[str]]
) -> None:
    done = run(tmp_path, library, EARLY, *PLAIN, pure="0")

    assert plain(library)[0] == "[True, True, True, True, True]"
    assert done.stdout.splitlines() == [*plain(library), "[]", "['circular'] pure True"], done.stderr
    assert lines_about(library, done) == [done.stderr.splitlines()[0]]


@EACH
@BUILDS
def test_a_late_patch_ends_the_tracking(
    tmp_path: Path, library: str, pure: str, plain: Callable[[str], list[str]]
) -> None:
    done = run(tmp_path, library, LATE, "-m", "lockdep", "run", pure=pure)

    assert done.stdout.splitlines() == ["['circular'] 2", *plain(library)], done.stderr  # the one from before the patch
    assert [line.partition(" patched")[0] for line in lines_about(library, done)] == [f"lockdep: {library}"]


@EACH
def test_a_late_patch_is_told_at_the_end_if_no_lock_was_used_after_it(tmp_path: Path, library: str) -> None:
    done = run(tmp_path, library, "import lockdep\nlockdep.install()\npatch()\n", *PLAIN, pure="0")

    assert len(lines_about(library, done)) == 1, done.stderr
