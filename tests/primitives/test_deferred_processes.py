"""Timers, work items and threads where processes fork and end, and where signal handlers come in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worlds import PLAIN, program

pytestmark = [pytest.mark.ends, pytest.mark.any_build]

FORK = """
import os, time
from primitives import *

log = []
def wait(_):
    log.append("entered")
    while "leave" not in log:
        time.sleep(0.001)

def until(thing):
    while thing not in log:
        time.sleep(0.001)

running = Work(wait)
waiting, later = Work(lambda _: log.append("waiting")), Timer(lambda _: log.append("later"))
queue = WorkQueue("queue", ordered=True)
thread = kthread_run(wait)
queue.queue(running)
while log.count("entered") < 2:
    time.sleep(0.001)
queue.queue(waiting)
later.mod(jiffies() + 0.2)
log.clear()
pid = os.fork()
if pid:
    assert os.waitpid(pid, 0)[1] == 0
    log.append("leave")
    queue.destroy()
    assert "waiting" in log, log
    kthread_stop(thread)
    until("later")
    print("parent")
else:
    running.flush()            # its thread is not here
    waiting.flush()
    kthread_stop(thread)
    assert log == ["waiting"], log
    until("later")
    again = Work(lambda _: log.append("again"))
    queue.queue(again)
    log.append("leave")
    queue.queue(running)
    queue.destroy()
    assert log == ["waiting", "later", "leave", "again", "entered"] or log[2:] == ["again", "leave", "entered"], log
    os._exit(0)
"""


@pytest.mark.parametrize("pure", ["", "1"])
def test_a_forked_child_goes_on_without_the_threads_of_its_parent(tmp_path: Path, pure: str) -> None:
    done = program(tmp_path, FORK, command=PLAIN, LOCKDEP_PURE=pure)

    assert (done.returncode, done.stdout) == (0, "parent\n"), done.stdout + done.stderr


EXIT = """
import threading
from primitives import *

entered = threading.Event()
schedule_work(Work(lambda _: (entered.set(), threading.Event().wait())))
entered.wait()
kthread_run(lambda _: WaitQueueHead("never").wait_event(kthread_should_stop))
Timer(print).mod(jiffies() + 3600)
schedule_delayed_work(DelayedWork(print), 3600)
print("end")
"""


@pytest.mark.parametrize("pure", ["", "1"])
def test_a_program_ends_whatever_still_waits(tmp_path: Path, pure: str) -> None:
    done = program(tmp_path, EXIT, command=PLAIN, LOCKDEP_PURE=pure)

    assert (done.returncode, done.stdout) == (0, "end\n"), done.stderr


SIGNALS = """
import signal, time
from primitives import *

runs = []
works = [Work(lambda _: runs.append(1)) for _ in range(4)]
timers = [Timer(lambda _: runs.append(1)) for _ in range(4)]
head = WaitQueueHead("head")
queue = WorkQueue("queue", 2)

def act(number):
    queue.queue(works[number % 4])
    timers[number % 4].mod(jiffies())
    head.wake_up()
    works[(number + 1) % 4].cancel()
    timers[(number + 2) % 4].delete()

handled = []
def handler(*_):
    handled.append(1)
    act(len(handled))
    if len(handled) < 300:
        signal.setitimer(signal.ITIMER_REAL, 0.0005)

signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.0005)
number = 0
while len(handled) < 300:
    number += 1
    act(number)
    works[number % 4].flush()
    timers[number % 4].delete_sync()
    works[number % 3].cancel_sync()
    head.wait_event_timeout(lambda: len(handled) % 2, 0.0001)
    if number % 10 == 0:
        queue.flush()
queue.destroy()
assert runs
assert not any(work.busy() for work in works), [work.statistics() for work in works]
print("end", queue.statistics().waiting)
"""


@pytest.mark.parametrize("pure", ["", "1"])
def test_signal_handlers_use_what_the_code_that_they_interrupt_uses(tmp_path: Path, pure: str) -> None:
    done = program(tmp_path, SIGNALS, LOCKDEP_PURE=pure)

    assert (done.returncode, done.stdout) == (0, "end 0\n"), done.stdout + done.stderr


DEADLOCK = """
import threading
import lockdep
from primitives import *

lockdep.install(on_deadlock="raise")
mutex, entered, ended = Mutex("mutex"), threading.Event(), []

def take(_):
    entered.set()
    with mutex:
        ended.append("item")

work = Work(take, "item")
try:
    with mutex:
        schedule_work(work)
        entered.wait()
        work.flush()
except lockdep.DeadlockError:
    ended.append("waiter")
work.flush()
print(sorted(ended))
"""


@pytest.mark.parametrize("pure", ["", "1"])
def test_a_real_deadlock_is_reported_and_resolved_by_raise(tmp_path: Path, pure: str) -> None:
    done = program(tmp_path, DEADLOCK, command=PLAIN, LOCKDEP_PURE=pure)

    assert done.returncode == 0, done.stderr
    assert done.stdout in ("['item', 'waiter']\n", "[]\n"), done.stdout + done.stderr  # one of the two was raised in
    assert "circular locking deadlock detected!" in done.stderr
    assert "possible circular locking dependency detected" in done.stderr
