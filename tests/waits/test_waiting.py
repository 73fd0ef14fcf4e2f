"""The picture of who holds and who waits: as data, as text, on a signal, from another process, and by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lockdep.waits.picture import WIDTH, render_waiting
from lockdep.waits.views import Awaited, Held, WaitingThread
from tests.waits.scenes import play

pytestmark = pytest.mark.scenes

PURE = pytest.mark.parametrize("pure", ["0", "1"])

HUNG = """
import os, signal, sys, time
import lockdep
a, b, free, met = threading.Lock(), threading.Lock(), threading.Lock(), threading.Barrier(2)

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

def behind():
    with a:
        pass

def timed():
    with free:
        a.acquire(timeout=60)

def idle():
    threading.Event().wait()

def until(condition):
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.02)
    raise SystemExit("it took too long")

def deadlocked():
    return lockdep.waiting().deadlocks

started(one, two)
until(deadlocked)
started(behind, timed, idle)
until(lambda: sum(thread.waits is not None for thread in lockdep.waiting().threads) == 5)
"""

AS_DATA = """
seen = lockdep.waiting()
print([sorted(circle) for circle in seen.deadlocks])
one, idle, timed, main = map(seen.find, ("one", "idle", "timed", "MainThread"))
print([held.place.split()[-1] for held in one.held], one.waits.holder, one.waits.timed, one.waits.seconds > 0)
print(idle.held, idle.waits.what.split(" [")[0], repr(idle.waits.lock))
print(timed.waits.timed, len(timed.held))
print(main.waits, main.stack[0].function)
print([names for lock, names in seen.queues.items() if lock.endswith(" a")])
os._exit(0)
"""


@PURE
def test_it_is_data(tmp_path: Path, pure: str) -> None:
    done = play(tmp_path, HUNG + AS_DATA, pure)

    assert done.stdout.splitlines() == [
        "[['one', 'two']]",
        "['one'] two False True",
        "() an event ''",
        "True 1",
        "None <module>",
        "[('two', 'behind', 'timed')]",
    ]


ASKED = """
who = subprocess.run([sys.executable, "-m", "lockdep", "who", str(os.getpid())], capture_output=True, text=True)
print(who.stdout, flush=True)
os._exit(who.returncode)
"""
SIGNALLED = """
lockdep.dump_on(signal.SIGUSR1, 1)
os.kill(os.getpid(), signal.SIGUSR1)
os._exit(0)
"""
SHOWN = """
os.write(1, str(lockdep.waiting()).encode())
os._exit(0)
"""
LISTEN = "import subprocess\nfrom lockdep.live.answers import listen_here\nlisten_here()\n"


@PURE
@pytest.mark.parametrize("way", [LISTEN + ASKED, SIGNALLED, SHOWN], ids=["who", "signal", "shown"])
def test_it_is_shown_in_each_way(tmp_path: Path, way: str, pure: str) -> None:
    done = play(tmp_path, HUNG + way, pure)

    lines = done.stdout.strip().splitlines()
    assert done.returncode == 66, done.stderr  # in place of 0, since the threads are deadlocked
    assert lines[0].startswith("DEADLOCK, ")
    assert lines[0].endswith((": one -> two -> one", ": two -> one -> two"))
    assert sum(" holds " in line for line in lines[1:5]) == sum(" waits " in line for line in lines[1:5]) == 2
    assert lines[5].startswith("blocked behind it: behind (prog.py:")
    assert lines[6] == "waiting:"
    runs = lines[lines.index("running:") + 1 :]  # also "timed", if it is just between two waits
    assert ["MainThread", "runs"] in [line.split()[:2] for line in runs]


def test_a_waiting_main_thread_answers_the_signal(tmp_path: Path) -> None:
    scene = (
        HUNG
        + """
pid = os.getpid()
lockdep.dump_on(signal.SIGUSR1, 1)
def kill():
    until(lambda: (waits := lockdep.waiting().find("MainThread").waits) and waits.lock and not waits.timed)
    os.kill(pid, signal.SIGUSR1)
    time.sleep(0.5)
    os._exit(0)
started(kill)
with a:
    pass
"""
    )
    done = play(tmp_path, scene)

    assert "behind (prog.py:" in done.stdout
    assert "MainThread (prog.py:" in done.stdout


LONG = """
import time
lock, holds = threading.Lock(), threading.Event()

def holder():
    with lock:
        holds.set()
        time.sleep(SECONDS)

def waiter():
    holds.wait()
    with lock:
        pass

run(holder, waiter, waiter)
"""


@PURE
@pytest.mark.parametrize(("seconds", "said"), [("2.5", 1), ("0.2", 0)])
def test_a_long_wait_is_shown_once(tmp_path: Path, seconds: str, said: int, pure: str) -> None:
    done = play(tmp_path, LONG.replace("SECONDS", seconds), pure, hang_after="1")

    assert done.stderr.count(" blocked for more than 1 seconds.") == said
    assert done.stderr.count("holder  holds  ") == said
    assert done.returncode == 0


def test_an_unknown_process_is_one_line() -> None:
    command = [sys.executable, "-m", "lockdep", "who", "999999999"]
    done = subprocess.run(command, capture_output=True, text=True)

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "does not answer" in done.stderr


def thread(name: str, waits: str, holder: str, *, timed: bool = False) -> WaitingThread:
    return WaitingThread(name, (Held(f"{name}'s", "f"),), Awaited(waits, waits, 12.0, timed, holder), "g", ())


def test_only_waits_without_a_limit_are_behind_a_deadlock() -> None:
    a, b, c, d = thread("a", "b's", "b"), thread("b", "a's", "a"), thread("c", "a's", "a"), thread("d", "c's", "c")
    e = thread("e", "a's", "a", timed=True)
    text = render_waiting((a, b, c, d, e), (("a", "b"),))

    assert text.splitlines()[0] == "DEADLOCK, 12 s: a -> b -> a"
    assert "blocked behind it: c (a's), d (c's)" in text
    assert "e  holds  e's  >12 s  f\n     waits  a's  12 s   g (with a timeout)\n" in text


def test_long_names_of_threads_leave_room_for_what_they_do() -> None:
    one, two, *others = (f"Thread-{n} (process_request_thread)" for n in range(1, 9))
    members = thread(one, "app.py:8 journal", two), thread(two, "app.py:7 accounts", one)
    behind = [thread(name, "app.py:7 accounts", one) for name in others]
    lines = render_waiting((*members, *behind), ((one, two),)).splitlines()

    assert lines[:3] == [
        "DEADLOCK, 12 s: Thread-1 -> Thread-2 -> Thread-1",
        f"  {one}",
        f"    holds  {one}'s  >12 s  f",
    ]
    assert lines[7].startswith("blocked behind it: Thread-3 (app.py:7 accounts), Thread-4 (")
    assert max(map(len, lines)) <= WIDTH


def test_names_that_are_short_only_together_are_kept_whole() -> None:
    one, two = (f"worker ({'very ' * 6}long name {n})" for n in (1, 2))
    text = render_waiting((thread(one, "b", two), thread(two, "a", one)), ((one, two),))

    assert " ".join(text.split()).startswith(f"DEADLOCK, 12 s: {one} -> {two} -> {one} {one}")


def test_a_program_without_locks_has_a_picture() -> None:
    text = render_waiting((WaitingThread("m", (), None, "x.py:1 f", ()),), ())

    assert text == "running:\n  m  runs  holds nothing    x.py:1 f\n"
