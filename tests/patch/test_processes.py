"""Programs in separate processes: interrupts, start methods of multiprocessing, other patchers, and ways to end."""

import importlib.util
import re
from pathlib import Path

import pytest

from tests.worlds import program

BUILDS = pytest.mark.parametrize("pure", ["0", "1"], ids=["built", "pure"])
# What CPython 3.13.0 prints, wherever the collector runs, if it finds the buffer of a pickled object.
COLLECTED_BUFFER = re.compile(r"^Exception ignored in: <_io.BytesIO.*?^BufferError: [^\n]*\n", re.MULTILINE | re.DOTALL)

INTERRUPT = """
import os, signal, threading
from lockdep import fastpath
signal.signal(signal.SIGINT, signal.default_int_handler)
outer, lock, held, go = threading.Lock(), threading.KIND(), threading.Event(), threading.Event()

def holder():
    with lock:
        held.set()
        go.wait()

def interrupter():
    while not asleep():
        pass
    os.kill(os.getpid(), signal.SIGINT)

def asleep():
    '''Return whether the main thread sleeps, which Linux shows in /proc: it waits for the lock.'''
    with open(f"/proc/self/task/{os.getpid()}/stat") as file:
        return waiting.is_set() and file.read().rpartition(")")[2].split()[0] == "S"

def is_locked():
    return repr(lock).startswith("<locked")  # before Python 3.14 an RLock has no locked()

waiting = threading.Event()
thread = threading.Thread(target=holder)
thread.start()
held.wait()
threading.Thread(target=interrupter).start()
with outer:
    try:
        waiting.set()
        TAKE
    except KeyboardInterrupt:
        print("interrupted")
    print(len(fastpath.thread_state().held()), is_locked(), KIND_OWNS and lock._is_owned())
go.set()
thread.join()
print(len(fastpath.thread_state().held()), is_locked())
with lock:
    print("taken", len(fastpath.thread_state().held()))
print(lock.acquire(timeout=5), lock.release(), is_locked())
"""


@BUILDS
@pytest.mark.parametrize("take", ["lock.acquire()", "lock.acquire(timeout=50)", "lock.__enter__()"])
@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_keyboard_interrupt_ends_a_blocked_acquire(tmp_path: Path, kind: str, take: str, pure: str) -> None:
    source = INTERRUPT.replace("KIND_OWNS", str(kind == "RLock")).replace("KIND", kind).replace("TAKE", take)
    done = program(tmp_path, source, LOCKDEP_PURE=pure)

    expected = ["interrupted", "1 True False", "0 False", "taken 1", "True None False"]
    assert done.stdout.splitlines() == expected, done.stderr
    assert done.returncode == 0


SIGNAL_FINDS_IT_FREE = """
import os, signal, sys, threading, time
sys.setswitchinterval(10)  # who is woken runs when another thread waits, not before
lock = threading.Lock()
got = []

def take(number):
    with lock:
        got.append(number)

def asleep(thread):
    with open(f"/proc/self/task/{thread.native_id}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] == "S"

def waiter(number):
    thread = threading.Thread(target=take, args=(number,), daemon=True)
    thread.start()
    while not asleep(thread):
        time.sleep(0.001)
    return thread

def free(*_):
    lock.release()

def interrupt():
    while not asleep(threading.main_thread()):
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGALRM)

signal.signal(signal.SIGALRM, free)
lock.acquire()
first = waiter(1)
sender = threading.Thread(target=interrupt)
sender.start()
lock.acquire()  # a signal ends the sleep, not the wait; the handler frees the lock and the first waiter is woken
second = waiter(2)
lock.release()
for thread in (sender, first, second):
    thread.join(100)
print(sorted(got), first.is_alive(), second.is_alive(), lock.locked())
"""


@BUILDS
def test_signal_handler_releases_the_lock_while_another_waiter_is_woken(tmp_path: Path, pure: str) -> None:
    done = program(tmp_path, SIGNAL_FINDS_IT_FREE, LOCKDEP_PURE=pure)

    assert done.stdout == "[1, 2] False False False\n", done.stderr


SPAWNED = """
import multiprocessing, threading

class Job:
    lock_class = threading.Lock
    def __init__(self):
        self.kind = threading.RLock

def work(job, queue):
    with job.lock_class(), job.kind(), threading.Condition():
        queue.put(("done", threading.Lock.__module__))

if __name__ == "__main__":
    context = multiprocessing.get_context("METHOD")
    queue = context.Queue()
    process = context.Process(target=work, args=(Job(), queue))
    process.start()
    print(*queue.get(timeout=200))
    process.join()
    print(process.exitcode)
    with context.Manager() as manager:
        shared = manager.dict(a=1)
        with manager.Lock():
            shared["a"] += 1
        print(shared["a"])
    with context.Pool(2) as pool:
        print(pool.map(abs, [-1, 2, -3]))
"""


@BUILDS
@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_multiprocessing(tmp_path: Path, method: str, pure: str) -> None:
    done = program(tmp_path, SPAWNED.replace("METHOD", method), "-W", "ignore", LOCKDEP_PURE=pure)

    assert done.stdout.splitlines()[1:] == ["0", "2", "[1, 2, 3]"], done.stderr
    assert done.stdout.splitlines()[0] == "done _thread", done.stderr  # whether the child is patched or not
    assert "Traceback" not in COLLECTED_BUFFER.sub("", done.stderr)
    assert done.returncode == 0


DAEMONS = """
import atexit, os, threading, time
lock, other, parked = threading.Lock(), threading.RLock(), threading.Semaphore(0)

def hold():
    with lock, other:
        parked.release()
        threading.Event().wait()

def want():
    parked.release()
    lock.acquire()

def spin():
    mine = threading.Lock()
    parked.release()
    while True:
        with mine:
            pass

for work in (hold, want, want, spin, spin):
    threading.Thread(target=work, daemon=True).start()
    parked.acquire()  # before the next one: `hold` must have the locks first
print("main ends", flush=True)
"""


@BUILDS
def test_interpreter_ends_while_daemons_hold_and_wait(tmp_path: Path, pure: str) -> None:
    done = program(tmp_path, DAEMONS, LOCKDEP_PURE=pure)

    assert (done.stdout, done.returncode) == ("main ends\n", 0), done.stderr
    assert done.stderr.startswith("lockdep (")
    assert len(done.stderr.splitlines()) == 1


ENDS = {
    "_exit": (
        """
        import os, threading
        lock = threading.Lock()
        lock.acquire()
        os._exit(7)
        """,
        "",
        7,
    ),
    "exit holding": (
        """
        import sys, threading
        lock, other = threading.Lock(), threading.RLock()
        lock.acquire()
        other.acquire()
        sys.exit(3)
        """,
        "",
        3,
    ),
    "atexit": (
        """
        import atexit, threading
        lock, other = threading.Lock(), threading.RLock()
        def last():
            with lock, other:
                print("last")
            condition = threading.Condition()
            with condition:
                condition.wait(0.001)
        atexit.register(last)
        with lock:
            pass
        """,
        "last\n",
        0,
    ),
    "finalizers": (
        """
        import os, sys, threading
        class Resource:
            def __init__(self):
                self.lock, self.other = threading.Lock(), threading.RLock()
                self.me = self
            def __del__(self, say=os.write):
                with self.lock, self.other:
                    say(1, b"closed\\n")
        local = threading.local()
        local.kept = Resource()
        kept = Resource()
        sys.kept = Resource()
        """,
        "closed\nclosed\nclosed\n",
        0,
    ),
    "finalizer of a thread's local": (
        """
        import threading
        class Resource:
            def __init__(self):
                self.lock = threading.Lock()
            def __del__(self):
                with self.lock:
                    print("closed")
        local = threading.local()
        def work():
            local.kept = Resource()
            with local.kept.lock:
                pass
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        """,
        "closed\n",
        0,
    ),
    "weakref.finalize": (
        """
        import threading, weakref
        class Thing: pass
        lock = threading.Lock()
        def close():
            with lock:
                print("closed")
        thing = Thing()
        weakref.finalize(thing, close)
        """,
        "closed\n",
        0,
    ),
    "executor": (
        """
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor(2)
        print(sum(pool.map(abs, range(-5, 5))))
        """,
        "25\n",
        0,
    ),
}


@BUILDS
@pytest.mark.parametrize("name", ENDS)
def test_program_ends_as_under_plain_python(tmp_path: Path, name: str, pure: str) -> None:
    source, out, status = ENDS[name]
    source = "\n".join(line[8:] for line in source.splitlines())
    done = program(tmp_path, source, LOCKDEP_PURE=pure)

    assert (done.stdout, done.returncode) == (out, status), done.stderr
    assert [line for line in done.stderr.splitlines() if not line.startswith("lockdep (")] == []
    assert program(tmp_path, source, command=("-X", "utf8")).stdout == out


FROZEN = """
import threading, time
from freezegun import freeze_time
lock = threading.Lock()
lock.acquire()
with freeze_time("2020-01-01"):
    print(lock.acquire(timeout=0.05))
    condition = threading.Condition()
    with condition:
        pass
print("thawed")
"""


@pytest.mark.skipif(importlib.util.find_spec("freezegun") is None, reason="freezegun is not installed")
@BUILDS
def test_acquire_with_timeout_while_time_is_frozen(tmp_path: Path, pure: str) -> None:
    done = program(tmp_path, FROZEN, LOCKDEP_PURE=pure)

    assert done.stdout.splitlines() == ["False", "thawed"], done.stderr
