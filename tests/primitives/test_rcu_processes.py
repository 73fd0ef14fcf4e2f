"""RCU in processes that fork, exit, are interrupted or run finalizers.

Each case is a program of its own, so that one that hangs fails its test.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from lockdep.fastpath import BUILD
from tests.bounded import run_bounded
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT

HEAD = """
import itertools, os, signal, sys, threading, time
import _thread
from primitives.rcu import *
from primitives.rcu import statistics
from primitives.srcu import SRCU
from lockdep import runtime
runtime.report_to(None)

def until(condition):
    while not condition():
        time.sleep(0)

def reader(entered, go, srcu=None):
    rcu_read_lock()
    if srcu is not None:
        srcu.read_lock()
    entered.set()
    go.wait()

def start(*extra, daemon=False):
    entered, go = threading.Event(), threading.Event()
    thread = threading.Thread(target=reader, args=(entered, go, *extra), daemon=daemon)
    thread.start()
    entered.wait()
    return thread, go

def in_child(work):
    pid = os.fork()
    if not pid:
        code = 99
        try:
            work()
            code = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            os._exit(code)
    print("child", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""

PROGRAMS = {
    # a thread that read in the parent does not count as a reader in the child
    "readers of the parent": """
domain = SRCU("domain")
thread, go = start(domain)
rcu_read_lock()
mine = domain.read_lock()

def child():
    assert statistics().readers == 1, statistics()
    domain.read_unlock(mine)
    rcu_read_unlock()
    synchronize_rcu()
    domain.synchronize()

in_child(child)
assert statistics().readers == 2
domain.read_unlock(mine)
rcu_read_unlock()
go.set()
thread.join()
synchronize_rcu()
domain.synchronize()
""",
    # callbacks that waited at the fork run in both processes; the child starts a callback thread of its own
    "callbacks of the parent": """
thread, go = start()
ran = []
call_rcu(ran.append, 1)
until(lambda: statistics().waiting == 1)

def child():
    rcu_barrier()
    assert ran == [1], ran
    call_rcu(ran.append, 2)
    rcu_barrier()
    assert ran == [1, 2], ran

in_child(child)
assert ran == []
go.set()
thread.join()
rcu_barrier()
assert ran == [1]
""",
    "fork while grace periods wait": """
thread, go = start()
waiters = [threading.Thread(target=synchronize_rcu) for _ in range(4)]
for waiter in waiters:
    waiter.start()
until(lambda: statistics().waiting == 4)
in_child(synchronize_rcu)
go.set()
for waiter in waiters:
    waiter.join()
assert statistics().waiting == 0
""",
    "exit with a reader that never ends": """
start(daemon=True)
call_rcu(print, "never")
threading.Thread(target=synchronize_rcu, daemon=True).start()
until(lambda: statistics().waiting == 2)
""",
    # Finalizers at exit: no other thread runs any more, so nothing is waited for; modules may be cleared already.
    "grace periods in finalizers at exit": """
class Late:
    def __del__(self, side=rcu_read_side, synchronize=synchronize_rcu, barrier=rcu_barrier, call=call_rcu):
        call(print, "never")
        synchronize()
        barrier()
        with side():
            pass

late = Late()
elsewhere = {"rcu_read_lock": rcu_read_lock}  # another module: that of a running function is not finalized
exec("def reader(entered, go): rcu_read_lock(); entered.set(); go.wait()", elsewhere)
reader = elsewhere.pop("reader")
start(daemon=True)
""",
    "sections in what a thread leaves behind": """
class Left:
    def __del__(self):
        with rcu_read_side():
            with rcu_read_side():
                pass
        done.append(1)

done = []
local = threading.local()

def work():
    local.left = Left()
    rcu_read_lock()
    rcu_read_unlock()
    local.again = Left()

for _ in range(20):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
until(lambda: len(done) == 40)
assert statistics().readers == 0, statistics()
synchronize_rcu()
""",
    "threads that were not started by threading": """
for _ in range(50):
    _thread.start_new_thread(rcu_read_lock, ())
until(lambda: statistics().readers == 0 and _thread._count() == 0)
synchronize_rcu()
""",
    "many threads leave nothing behind": """
def work():
    with rcu_read_side():
        pass

for _ in range(300):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
synchronize_rcu()
from primitives import rcu
assert len(rcu.core.ask(1 << 60)) == 0
""",
    "an interrupt ends the wait": """
thread, go = start()

def interrupted(wait, waits):
    arrived = threading.Event()

    def handler(*_):
        if not arrived.is_set():
            arrived.set()
            raise KeyboardInterrupt

    def interrupt():
        until(waits)
        while not arrived.wait(0.01):  # a signal that comes just before the thread sleeps does not wake it
            os.kill(os.getpid(), signal.SIGINT)

    signal.signal(signal.SIGINT, handler)
    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        wait()
    except KeyboardInterrupt:
        print("interrupted")
    thread.join()

interrupted(synchronize_rcu, lambda: statistics().waiting == 1)
assert statistics().waiting == 0
call_rcu(print, "after")
interrupted(rcu_barrier, lambda: statistics().callbacks == 2)
go.set()
thread.join()
rcu_barrier()
""",
    # a signal handler may read, add callbacks and poll at any point
    "handlers on top of everything": """
numbers, handled = itertools.count(1), 0

def handler(*_):
    global handled
    handled = number = next(numbers)
    with rcu_read_side():
        rcu_dereference(pointer)
        with rcu_read_side_bh():
            call_rcu(freed.append, number)
    if handled < 200:
        signal.setitimer(signal.ITIMER_REAL, 0.0005)

pointer, freed = RCUPointer(1), []
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.0005)
while handled < 200:
    with rcu_read_side():
        rcu_dereference(pointer)
    rcu_assign_pointer(pointer, 2)
    call_rcu(freed.append, 0)
    synchronize_rcu()
rcu_barrier()
assert statistics().readers == 0
assert sorted(n for n in freed if n) == list(range(1, next(numbers)))
assert not rcu_read_lock_any_held()
""",
    # an exception from a signal handler while entering or leaving leaves no section open
    "interrupts in sections": """
class Stop(BaseException):
    pass

def handler(*_):
    raise Stop

signal.signal(signal.SIGALRM, handler)
stopped = 0
while stopped < 150:
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.0003)
        while True:
            with rcu_read_side():
                with rcu_read_side():
                    pass
    except Stop:
        stopped += 1
    assert not rcu_read_lock_any_held(), stopped
synchronize_rcu()
""",
}
EXPECTED = {
    "readers of the parent": "child 0\n",
    "callbacks of the parent": "child 0\n",
    "fork while grace periods wait": "child 0\n",
    "an interrupt ends the wait": "interrupted\ninterrupted\nafter\n",
}
# In the pure build a handler may raise between a call and its caller; from 3.14 on, also between entering
# a with statement and its body.
UNINTERRUPTED = BUILD == "pure" or sys.version_info >= (3, 14)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_ends_as_it_should(name: str, tmp_path: Path) -> None:
    if name == "interrupts in sections" and UNINTERRUPTED:
        pytest.skip("an interrupt may leave any section of this interpreter or build open")
    path = tmp_path / "prog.py"
    path.write_text(HEAD + PROGRAMS[name])
    command = [sys.executable, "-W", "ignore", "-X", "faulthandler", str(path)]
    ended = run_bounded(command, PROGRAM_LIMIT, env={**os.environ, "PYTHONPATH": str(ROOT)})

    assert ended.exit_code == 0, ended.output
    assert ended.output == EXPECTED.get(name, "") or ("ignored" in ended.output and "finalizers" in name)
