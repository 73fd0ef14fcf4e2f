"""Locks of multiprocessing in one process: orders, excuses, exceptions, and the types and messages of plain ones."""

from __future__ import annotations

import gc
import multiprocessing
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import context, synchronize
from pathlib import Path
from typing import Any

import pytest

import lockdep
from lockdep.forks import SentState
from lockdep.validator.validator import Validator
from tests.patience import THREAD_LIMIT
from tests.worlds import PLAIN, found, in_thread, nest, patched_world, program

Make = Callable[[], Any]
SPAWN = multiprocessing.get_context("spawn")

KINDS = {
    "Lock": lambda: SPAWN.Lock(),
    "RLock": lambda: SPAWN.RLock(),
    "Lock of the default context": lambda: multiprocessing.Lock(),
    "Lock of fork": lambda: multiprocessing.get_context("fork").Lock(),
    "Semaphore": lambda: SPAWN.Semaphore(1),
    "BoundedSemaphore": lambda: SPAWN.BoundedSemaphore(1),
    "Condition": lambda: SPAWN.Condition(),
}


@pytest.fixture(autouse=True)
def collected_afterwards() -> Iterator[None]:
    """Have no lock collected while another one is made: CPython 3.13 complains, as both ask the same tracker."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture
def validator() -> Iterator[Validator]:
    with patched_world() as made:
        yield made


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("validator")
def test_both_orders_are_found(kind: str) -> None:
    a = KINDS[kind]()
    b = SPAWN.Lock()
    nest(a, b)
    nest(b, a)
    assert found() == ["circular"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("validator")
def test_one_order_is_sound(kind: str) -> None:
    a = KINDS[kind]()
    b = SPAWN.Lock()
    nest(a, b)
    in_thread(lambda: nest(a, b))
    assert found() == []
    assert {one.kind for one in lockdep.snapshot().classes if "test_process_locks" in one.name} == {"process"}


@pytest.mark.usefixtures("validator")
def test_a_circle_with_a_lock_of_threading_is_found() -> None:
    a, b = SPAWN.RLock(), threading.Lock()
    nest(a, b)
    nest(b, a)
    assert found() == ["circular"]


@pytest.mark.usefixtures("validator")
def test_what_is_no_lock_is_not_followed() -> None:
    a = threading.Lock()
    event, several, signals = SPAWN.Event(), SPAWN.Semaphore(2), SPAWN.Semaphore(1)
    with a:
        event.set()
        several.acquire()
        signals.acquire()
    several.release()
    with several, a:
        pass
    signals.release()
    with a:
        signals.acquire()
    assert event.wait(THREAD_LIMIT)
    assert found() == []


@pytest.mark.usefixtures("validator")
def test_the_class_is_named_after_the_place() -> None:
    first = SPAWN.Lock()
    queue = SPAWN.SimpleQueue()
    names = [vars(lock)["_lockdep_followed"].lock_class.name for lock in (first, queue._rlock)]
    assert names[0].startswith("tests/patch/test_process_locks.py:")
    assert names[0].endswith(" first")
    assert names[1].startswith("multiprocessing.queues.SimpleQueue._rlock made at tests/patch/test_process_locks.py:")
    queue.close()


# Semaphores of several units


SEVERAL = {"Semaphore": lambda: SPAWN.Semaphore(2), "BoundedSemaphore": lambda: SPAWN.BoundedSemaphore(2)}


@pytest.mark.parametrize("kind", SEVERAL)
@pytest.mark.usefixtures("validator")
def test_a_semaphore_of_two_units_is_a_lock_that_two_threads_may_hold(kind: str) -> None:
    a, b = SEVERAL[kind](), threading.Lock()
    for _ in range(2):
        nest(a, b)
        nest(b, a)
    assert len([one for one in lockdep.snapshot().dependencies if "test_process_locks" in one.next]) == 2
    assert found() == []  # one thread wants one unit of two


def three_sides(units: Any, lock: Any) -> None:
    """Hold both units in two threads, and want one in a third, each under or over the lock."""
    in_thread(lambda: nest(units, lock))
    in_thread(lambda: nest(units, lock))
    in_thread(lambda: nest(lock, units))


@pytest.mark.usefixtures("validator")
def test_threads_that_can_take_all_units_close_a_circle() -> None:
    three_sides(SPAWN.Semaphore(2), SPAWN.Lock())
    assert found() == ["circular"]


@pytest.mark.usefixtures("validator")
def test_threads_that_leave_a_unit_close_no_circle() -> None:
    three_sides(SPAWN.Semaphore(3), SPAWN.Lock())
    assert found() == []


@pytest.mark.usefixtures("validator")
def test_a_thread_that_wants_a_third_unit_of_two_waits_for_ever() -> None:
    units = SPAWN.Semaphore(2)
    with units, units:
        units.release()
        with units:
            pass
        units.acquire()
    assert found() == ["recursive"]


@pytest.mark.usefixtures("validator")
def test_two_units_in_one_thread_are_none_too_many() -> None:
    units, lock = SPAWN.Semaphore(2), threading.Lock()
    with units, units, lock:
        pass
    assert units._lockdep_followed.map.held_count() == 0
    assert found() == []


@pytest.mark.usefixtures("validator", "spawning")
def test_a_unit_is_held_while_its_with_statement_lasts_and_not_while_it_is_waited_for() -> None:
    units = SPAWN.Semaphore(2)
    followed, other = units._lockdep_followed, other_process(units)
    with units:
        assert other.acquire(False)
        thread = threading.Thread(target=lambda: units.__enter__(), name="waiter")
        thread.start()
        until(lambda: lockdep.waiting().find("waiter").waits is not None)
        waiter = lockdep.waiting().find("waiter")
        assert (waiter.held, waiter.waits is not None and waiter.waits.shared) == ((), followed.identity)
        other.release()
        thread.join()
    assert followed.state() == (2, 1, False)
    other_process(units).release()  # by a process that has taken none
    units.release()
    assert followed.state()[2]
    assert followed.map.is_held() == 0


def until(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + THREAD_LIMIT
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


# Excuses


def opposite(gate: Any) -> None:
    """Take two locks in both orders, in two threads, with the gate held."""
    a = SPAWN.Lock()
    b = SPAWN.Lock()
    in_thread(lambda: nest(gate, a, b))
    in_thread(lambda: nest(gate, b, a))


@pytest.mark.usefixtures("validator")
def test_a_gate_of_threading_lets_two_processes_in() -> None:
    opposite(threading.Lock())
    assert found() == ["circular"]


def test_a_gate_that_all_processes_share_excuses(validator: Validator) -> None:
    opposite(SPAWN.Lock())
    assert found() == []
    assert [finding.grade for finding in validator.book.findings()] == ["excused"]


def test_a_gate_of_threading_excuses_a_circle_that_one_process_must_close(validator: Validator) -> None:
    gate, a, b = threading.Lock(), SPAWN.Lock(), threading.Lock()
    in_thread(lambda: nest(gate, a, b))
    in_thread(lambda: nest(gate, b, a))
    assert found() == []
    assert [finding.grade for finding in validator.book.findings()] == ["excused"]


# What another process does


def other_process(lock: Any) -> Any:
    """Return the semaphore of a lock as another process has it: it counts for itself."""
    return synchronize._multiprocessing.SemLock._rebuild(*lock.__getstate__())


@pytest.fixture
def spawning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks can be pickled, as while a child is started."""
    monkeypatch.setattr(context, "get_spawning_popen", lambda: True)


@pytest.mark.usefixtures("validator", "spawning")
def test_a_lock_that_another_process_released_is_not_held() -> None:
    a, b = SPAWN.Lock(), threading.Lock()
    a.acquire()
    other_process(a).release()
    assert a.acquire(timeout=THREAD_LIMIT)
    a.release()
    nest(b, a)  # had it still been held, this would be the other order
    assert found() == []


@pytest.mark.usefixtures("validator", "spawning")
def test_a_thread_waits_for_another_process_to_release_its_lock() -> None:
    a, b = SPAWN.Lock(), threading.Lock()
    a.acquire()
    timer = threading.Timer(0.05, other_process(a).release)
    timer.start()
    a.acquire()
    timer.join()
    a.release()
    nest(b, a)
    assert found() == []


@pytest.mark.usefixtures("validator", "spawning")
def test_a_pickled_lock_is_of_the_same_class() -> None:
    a, b = SPAWN.Lock(), SPAWN.RLock()
    sent_a, sent_b = pickle.loads(pickle.dumps((a, b)))
    again = pickle.loads(pickle.dumps(sent_a))
    for lock, sent in ((a, sent_a), (b, sent_b), (a, again)):
        assert type(sent) is type(lock)
        assert sent._lockdep_followed.lock_class.name == lock._lockdep_followed.lock_class.name
    with sent_a:
        assert not a.acquire(False)
    nest(sent_a, sent_b)
    nest(sent_b, sent_a)
    assert found() == ["circular"]


@pytest.mark.usefixtures("spawning")
def test_a_child_that_tracks_nothing_gets_a_plain_state() -> None:
    with patched_world():
        a = SPAWN.Lock()
        pickled = pickle.dumps(a)
        state = a.__getstate__()
    assert isinstance(state, SentState)
    plain = pickle.loads(pickled)
    assert vars(plain).keys() == vars(SPAWN.Lock()).keys()
    assert plain.acquire(False)
    assert not a.acquire(False)
    plain.release()


# The same as plain ones


def behaviour(make: Make) -> list[object]:
    """Return what a lock answers and raises."""
    lock = make()
    answers: list[object] = [type(lock)]
    for wrong in (lambda: lock.acquire(1, 2, 3), lambda: lock.acquire(timeout="x"), lambda: lock.release(1)):
        with pytest.raises(TypeError):
            wrong()
    answers += [repr(lock), lock.acquire(), repr(lock), lock.release(), lock.acquire(block=False)]
    answers += [lock.acquire(False), lock.acquire(True, 0.001), lock.acquire(timeout=0), repr(lock)]
    while lock._semlock._count() > 0:
        lock.release()
    with pytest.raises((ValueError, AssertionError)) as released:
        lock.release()
    return [*answers, str(released.value)]


@pytest.mark.parametrize("kind", ["Lock", "RLock", "BoundedSemaphore"])
def test_answers_and_errors_are_those_of_plain_locks(kind: str) -> None:
    plain = behaviour(KINDS[kind])
    with patched_world():
        assert behaviour(KINDS[kind]) == plain
    assert behaviour(KINDS[kind]) == plain


@pytest.mark.usefixtures("validator")
def test_an_rlock_can_be_taken_again() -> None:
    a, b = SPAWN.RLock(), threading.Lock()
    with a, a, b:
        pass
    with a, b, a:
        pass
    assert found() == []


@pytest.mark.usefixtures("validator")
def test_a_condition_waits_without_its_lock() -> None:
    condition = SPAWN.Condition()

    def notify() -> None:
        with condition:
            condition.notify()

    with condition:
        thread = threading.Thread(target=notify)
        thread.start()
        assert condition.wait(THREAD_LIMIT)
        assert condition._lock._lockdep_followed.map.is_held() == 1
    thread.join()
    assert condition._lock._lockdep_followed.map.is_held() == 0
    assert found() == []


def test_locks_go_on_working_after_uninstall() -> None:
    with patched_world():
        a = SPAWN.Lock()
    with a:
        assert not a.acquire(False)
    assert a.acquire(False)
    a.release()


# Exceptions


class Interrupted(Exception):
    pass


def interrupt(*_: object) -> None:
    raise Interrupted


@pytest.mark.usefixtures("validator", "spawning")
def test_an_interrupted_wait_leaves_the_lock_as_it_is() -> None:
    a, b = SPAWN.Lock(), threading.Lock()
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with_other = other_process(a)
        with_other.acquire()
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        with pytest.raises(Interrupted):
            a.acquire()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    with_other.release()
    nest(b, a)
    nest(a)
    assert a._semlock._is_zero() is False
    assert found() == []


STORM = """
import multiprocessing, signal, sys
import lockdep
lockdep.install()
class Boom(Exception): pass
def boom(*_):
    raise Boom
context = multiprocessing.get_context("spawn")
if __name__ == "__main__":
    locks = [context.Lock(), context.RLock()]
    signal.signal(signal.SIGALRM, boom)
    hits = 0
    for turn in range(3000):
        lock = locks[turn % 2]
        try:
            signal.setitimer(signal.ITIMER_REAL, 1e-6 * (1 + turn % 150))
            with lock:
                with lock if turn % 2 else locks[1]:
                    pass
            signal.setitimer(signal.ITIMER_REAL, 0)
        except Boom:
            hits += 1
        signal.setitimer(signal.ITIMER_REAL, 0)
        for one in locks:  # between the lock and the with statement an exception loses a plain one, too
            while one._semlock._is_mine():
                one.release()
            assert one.acquire(timeout=60)
            assert one._lockdep_followed.map.held_count() == one._semlock._count() == 1, turn
            one.release()
            assert one._lockdep_followed.map.held_count() == one._semlock._count() == 0, turn
    print("done", hits > 100, [f.slug for f in lockdep.findings()])
"""


@pytest.mark.once
def test_signals_lose_no_lock(tmp_path: Path) -> None:
    done = program(tmp_path, STORM, command=PLAIN)
    assert done.stdout.split("[")[0] == "done True ", done.stderr
    assert done.returncode == 0


# Limitations, which the README lists


@pytest.mark.usefixtures("validator")
@pytest.mark.xfail(reason="another process may release a Lock that this thread holds")
def test_a_thread_that_wants_its_own_lock_is_found() -> None:
    a = SPAWN.Lock()
    with a:
        a.acquire(timeout=0.01)
    assert found() == ["recursive?"]
