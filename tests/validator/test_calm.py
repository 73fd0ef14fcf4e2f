"""New acquisitions are judged at calm moments, with the places at which they happened."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import lockdep
from lockdep import fastpath, runtime
from lockdep.threading import Lock, RLock
from lockdep.validator.guarded import GRAPH_LOCK, GRAPH_LOCK_SECONDS
from tests.patience import PROGRAM_LIMIT
from tests.worlds import in_thread, nest, program, world

PURE = pytest.mark.parametrize("pure", ["0", "1"])
compiled = pytest.mark.skipif(fastpath.BUILD == "pure", reason="the pure build keeps only first places")


def test_a_finding_is_told_when_its_thread_holds_nothing() -> None:
    with world() as validator:
        a, b = Lock(), Lock()
        told: list[tuple[bool, bool]] = []
        too_early: list[object] = []

        def invert() -> None:
            with b, a:
                too_early.extend(told)

        undo = lockdep.on_finding(lambda _: told.append((a.locked(), b.locked())))
        nest(a, b)
        in_thread(invert)  # which never was in a handler: else it judges at once
        undo()

        assert too_early == []
        assert told == [(False, False)]
        assert len(validator.findings()) == 1


def test_asking_for_findings_judges_what_other_threads_have_seen() -> None:
    with world() as validator:
        a, b = Lock(), Lock()
        nest(a, b)
        ready, done = threading.Event(), threading.Event()

        def hold() -> None:
            with b, a:
                ready.set()
                done.wait(10)

        thread = threading.Thread(target=hold)
        thread.start()
        ready.wait(10)
        found = [finding.slug for finding in validator.findings()]
        done.set()
        thread.join()

        assert found == ["circular"]


def hold_the_graph_lock(taken: threading.Event, until: threading.Event, seconds: float) -> None:
    """Hold it for so long, or until it is no longer needed, as a thread does that is judging and cannot run."""
    GRAPH_LOCK.take(-1)
    try:
        taken.set()
        until.wait(seconds)
    finally:
        GRAPH_LOCK.drop()


def test_whoever_asks_waits_for_a_thread_that_is_judging() -> None:
    with world() as validator:
        a, b = Lock(), Lock()
        taken, nobody = threading.Event(), threading.Event()
        thread = threading.Thread(target=hold_the_graph_lock, args=(taken, nobody, 10 * GRAPH_LOCK_SECONDS))
        thread.start()
        taken.wait(10)
        nest(a, b)
        nest(b, a)

        assert [finding.slug for finding in validator.findings()] == ["circular"]
        thread.join()


def test_whoever_asks_does_not_wait_for_ever_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lockdep.validator.validator.ASKED_SECONDS", GRAPH_LOCK_SECONDS)
    monkeypatch.setattr("lockdep.validator.incidents.ASKED_SECONDS", GRAPH_LOCK_SECONDS)
    with world() as validator:
        a, b = Lock(), Lock()
        taken, asked = threading.Event(), threading.Event()
        thread = threading.Thread(target=hold_the_graph_lock, args=(taken, asked, 60))
        thread.start()
        taken.wait(10)
        nest(a, b)
        nest(b, a)

        meanwhile = validator.findings()
        asked.set()
        thread.join()
        assert meanwhile == ()
        assert [finding.slug for finding in validator.findings()] == ["circular"]


def test_a_thread_that_ends_with_a_lock_is_judged() -> None:
    with world() as validator:
        a, b = Lock(), Lock()
        nest(a, b)

        def leave() -> None:
            b.acquire()
            nest(a)

        in_thread(leave)
        slugs = {finding.slug for finding in validator.findings()}
        b.release()

        assert slugs == {"circular", "lifetime"}


def test_with_raise_on_deadlock_the_lock_is_not_taken() -> None:
    with world(raise_on_deadlock=True):
        a, b = Lock(), Lock()
        nest(a, b)
        with b:
            with pytest.raises(lockdep.DeadlockError):
                a.acquire()
            assert not a.locked()


def test_an_order_that_agrees_is_silent() -> None:
    with world() as validator:
        a, b = Lock(), RLock()
        for _ in range(3):
            nest(a, b)
            in_thread(lambda: nest(a, b))

        assert validator.findings() == ()


@pytest.mark.parametrize(("inverted", "slugs"), [(True, ["circular"]), (False, [])])
def test_work_that_an_exception_ends_in_the_middle_is_done_again(
    monkeypatch: pytest.MonkeyPatch, inverted: bool, slugs: list[str]
) -> None:
    with world() as validator:
        a, b = Lock(), Lock()
        nest(a, b)
        interrupts = [KeyboardInterrupt]
        keep = validator.rules.cycles.keep

        def keep_and_interrupt(*arguments: Any) -> bool:
            kept = keep(*arguments)
            if interrupts:
                raise interrupts.pop()
            return kept

        monkeypatch.setattr(validator.rules.cycles, "keep", keep_and_interrupt)
        with pytest.raises(KeyboardInterrupt):
            nest(*((b, a) if inverted else (a, Lock())))

        assert [finding.slug for finding in validator.findings()] == slugs


def test_more_than_a_list_of_sightings_is_judged_while_a_lock_is_held() -> None:
    with world() as validator:
        outer = Lock("outer")
        with outer:
            for number in range(200):
                nest(Lock(f"inner {number}"))
            assert len(fastpath.thread_state().sightings) < 100

        assert len(validator.graph.dependencies()) == 200


def test_sightings_of_another_validator_are_dropped() -> None:
    with world():
        a, b = Lock(), Lock()
        with a, b, world() as inner:
            runtime.validator().collect()
            assert inner.findings() == ()


HANG = """
import threading, time, os, sys
A, B = threading.Lock(), threading.Lock()
def work(first, second):
    for _ in range(100):
        with first:
            with second: pass
        time.sleep(0.001)
ts = [threading.Thread(target=work, args=p, daemon=True) for p in ((A, B), (B, A))]
for t in ts: t.start()
for t in ts: t.join(20)
hung = any(t.is_alive() for t in ts)
print("HUNG" if hung else "finished")
sys.stdout.flush()
os._exit(hung)
"""


@pytest.mark.skipif(not fastpath.HAS_GIL, reason="without the GIL this program deadlocks in earnest, 2 times of 8")
@PURE
def test_the_report_does_not_make_the_deadlock(tmp_path, pure: str) -> None:
    done = program(tmp_path, HANG, LOCKDEP_PURE=pure)

    assert done.stdout == "finished\n"
    assert done.stderr.count("possible circular") == 1


HELPER = """
import threading
a, b = threading.Lock(), threading.Lock()
def take(): a.acquire()
def drop(): a.release()
def innocent():
    take(); drop()
def guilty():
    take()
    with b: pass
    drop()
def other():
    with b:
        take(); drop()
innocent()
for f in (guilty, other):
    t = threading.Thread(target=f, name=f.__name__); t.start(); t.join()
"""


@PURE
def test_a_held_lock_was_taken_by_this_call_of_a_helper(tmp_path, pure: str) -> None:
    done = program(tmp_path, HELPER, LOCKDEP_PURE=pure, LOCKDEP_OPTIONS="style=kernel")

    assert done.stderr.count("possible circular") == 1
    assert "innocent" not in done.stderr
    if pure == "0" and fastpath.BUILD == "compiled":
        assert "in guilty\n        take()" in done.stderr


MANAGER = """
import contextlib, threading
a, b = threading.Lock(), threading.Lock()
def innocent():
    with contextlib.ExitStack() as stack:
        stack.enter_context(a)
def guilty():
    with contextlib.ExitStack() as stack:
        stack.enter_context(a)
        stack.enter_context(b)
def other():
    with b, a:
        pass
innocent()
for f in (guilty, other):
    t = threading.Thread(target=f, name=f.__name__); t.start(); t.join()
"""


@compiled
def test_a_lock_that_an_exit_stack_holds_has_its_own_place(tmp_path) -> None:
    done = program(tmp_path, MANAGER, LOCKDEP_OPTIONS="style=kernel")
    held = done.stderr.rpartition("\n   held ")[2].partition("to acquire")[0]

    assert "enter_context" in held, done.stderr
    assert "stack.enter_context(b)" not in held


JOIN = """
import threading
lock = threading.Lock()
def helper():
    with lock: pass
def first(): helper()
def worker():
    helper()
    took.set()
took = threading.Event()
first()
thread = threading.Thread(target=worker)
thread.start()
took.wait()
with lock: thread.join()
"""


@PURE
def test_a_joined_thread_took_the_lock_where_it_did(tmp_path, pure: str) -> None:
    done = program(tmp_path, JOIN, LOCKDEP_PURE=pure, LOCKDEP_OPTIONS="style=kernel")

    assert done.stderr.count("waiting for a thread") == 1
    assert "in worker" in done.stderr
    assert "in first" not in done.stderr


STUCK = """
import os, threading, time
import lockdep
lock, other = threading.Lock(), threading.Lock()
joins = []
def worker():
    while not joins:
        time.sleep(0.01)
    with WANTED:
        pass
thread = threading.Thread(target=worker, name="worker", daemon=True)
thread.start()
def watch():
    deadline = time.monotonic() + LIMIT
    while not lockdep.findings() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(2)  # for the report to be written
    os._exit(3)
threading.Thread(target=watch, daemon=True).start()
with lock:
    joins.append(True)
    thread.join()
os._exit(0)
"""


@PURE
@pytest.mark.parametrize(("wanted", "status", "findings"), [("lock", 3, 1), ("other", 0, 0)])
def test_a_join_that_cannot_end_is_told_while_it_waits(
    tmp_path, wanted: str, status: int, findings: int, pure: str
) -> None:
    source = STUCK.replace("WANTED", wanted).replace("LIMIT", str(PROGRAM_LIMIT / 4))
    done = program(tmp_path, source, LOCKDEP_PURE=pure)

    assert done.returncode == status
    assert done.stderr.count("waiting for a thread that takes a held lock") == findings


def test_instances_that_meet_again_before_they_are_judged_are_seen() -> None:
    with world() as validator:
        outer = Lock("outer")
        first, second = [Lock("inner") for _ in "12"]
        with outer:
            nest(first, second)
            nest(second, first)
        assert [finding.slug for finding in validator.findings()] == ["circular"]


def test_instances_that_agree_before_they_are_judged_are_silent() -> None:
    with world() as validator:
        outer = Lock("outer")
        first, second, third = [Lock("inner") for _ in "123"]
        with outer:
            nest(first, second)
            nest(second, third)
            nest(first, third)
        assert validator.findings() == ()


FORK_HOOKS = """
import os, threading
class Client:
    def __init__(self):
        self.lock = threading.RLock()
    def in_child(self):
        self.lock.release()
        with self.lock:
            pass
clients = [Client(), Client()]
os.register_at_fork(
    before=lambda: [client.lock.acquire() for client in clients],
    after_in_child=lambda: [client.in_child() for client in clients],
    after_in_parent=lambda: [client.lock.release() for client in clients],
)
child = os.fork()
if child == 0:
    if INVERTED:
        with clients[0].lock, clients[1].lock:
            pass
        with clients[1].lock, clients[0].lock:
            pass
    import lockdep
    os._exit(len(lockdep.findings()))
_, status = os.waitpid(child, 0)
os._exit(os.waitstatus_to_exitcode(status))
"""


@PURE
@pytest.mark.parametrize(("inverted", "findings"), [("False", 0), ("True", 1)])
def test_fork_hooks_that_take_their_locks_again_are_silent(tmp_path, inverted: str, findings: int, pure: str) -> None:
    done = program(tmp_path, FORK_HOOKS.replace("INVERTED", inverted), LOCKDEP_PURE=pure)

    assert done.returncode == findings, done.stderr


HAND_OFF = """
import _thread, threading, time
def free(lock):
    time.sleep(0.05)
    lock.release()
lock = threading.Lock()
lock.acquire()
if FREED:
    _thread.start_new_thread(free, (lock,))
print(lock.acquire(timeout=60 if FREED else 0.5))
"""


@PURE
@pytest.mark.parametrize(("freed", "findings"), [("True", 0), ("False", 1)])
def test_a_lock_that_a_foreign_thread_frees_is_no_recursion(tmp_path, freed: str, findings: int, pure: str) -> None:
    done = program(tmp_path, HAND_OFF.replace("FREED", freed), LOCKDEP_PURE=pure)

    assert done.stdout == f"{freed}\n"
    assert done.stderr.count("possible recursive locking") == findings
