"""An exception while a lock is waited for, is taken again by a Condition, or is released for another thread."""

from __future__ import annotations

import _thread
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

import pytest

import lockdep.threading
from lockdep import fastpath
from lockdep.fastpath import BUILD
from lockdep.threading import Lock, RLock
from tests.fastpath.test_mishaps import compiled, elsewhere, has_testcapi
from tests.mishaps import Outcome, Stop, failing_once, profiled, times, times_held, traced, tracking
from tests.patience import THREAD_LIMIT
from tests.scenes import Mishap

__all__ = ["elsewhere"]

ALLOCATIONS = 40  # more than a wait makes; another thread that runs does not survive if all fail
LONG = 0.12  # seconds; a wait of half of it has what was seen judged


class Holder:
    """Another thread that holds a lock until somebody waits for it. To free it needs no memory."""

    def __init__(self, lock: Any, long: bool) -> None:
        self.lock, self.long, self.unwanted = lock, long, False
        self.ready, self.over, self.ended = (_thread.allocate_lock() for _ in range(3))
        for gate in (self.ready, self.over, self.ended):
            gate.acquire()
        _thread.start_new_thread(self.run, ())
        self.ready.acquire()

    def run(self) -> None:
        self.lock.acquire()
        self.ready.release()
        try:
            self.linger()
        except MemoryError:
            pass
        try:
            self.lock.release()
        except MemoryError:
            pass  # it is free all the same
        self.over.acquire()
        self.ended.release()

    def linger(self) -> None:
        """Wait until another thread waits, and if `long` until it has judged what it has seen meanwhile."""
        deadline = time.monotonic() + THREAD_LIMIT
        while not self.lock.waiting and not self.unwanted and time.monotonic() < deadline:
            time.sleep(0.001)
        if self.long and not self.unwanted:
            time.sleep(LONG)

    def end(self) -> None:
        self.unwanted = True
        self.over.release()
        self.ended.acquire()


@contextmanager
def held_elsewhere(lock: Any, long: bool) -> Iterator[None]:
    holder = Holder(lock, long)
    try:
        yield
    finally:
        holder.end()


def each_point(mishap: Mishap, act: Callable[[Mishap, int], Outcome]) -> list[Outcome]:
    outcomes = []
    for number in count():
        outcomes.append(act(mishap, number))
        if not outcomes[-1].hit and (mishap is not failing_once or number > ALLOCATIONS):
            return outcomes


def wait_for(kind: Any, long: bool, mishap: Mishap, number: int) -> Outcome:
    """Wait for a lock that becomes free."""
    lock = kind(f"awaited {number}")
    lost = fastpath.lost()
    with held_elsewhere(lock, long):
        outcome = mishap(lock.acquire, number)
        assert times_held(lock.serial) == outcome.done or fastpath.lost() > lost
        if outcome.done:
            lock.release()
    assert lock.acquire(False), f"{mishap.__name__} {number}"
    lock.release()
    assert fastpath.thread_state().held() == []
    return outcome


def give_up(elsewhere: Callable[..., Any], mishap: Mishap, number: int) -> Outcome:
    """Wait for a lock until the time is up."""
    lock = Lock(f"busy {number}")
    elsewhere(lock.acquire)
    outcome = mishap(partial(lock.acquire, True, 0.001), number)
    assert not outcome.done
    assert fastpath.thread_state().held() == []
    elsewhere(lock.release)
    assert lock.acquire(False)
    lock.release()
    return outcome


def take_again(long: bool, mishap: Mishap, number: int) -> Outcome:
    """Take an RLock as a Condition does after a wait: it is held then, whatever comes out."""
    lock = RLock(f"condition {number}")
    lock.acquire()
    lock.acquire()
    saved = lock._release_save()
    lost = fastpath.lost()
    with held_elsewhere(lock, long):
        outcome = mishap(partial(lock._acquire_restore, saved), number)
        assert lock._recursion_count() == 2
        assert times_held(lock.serial) == 1 or fastpath.lost() > lost
        lock.release()
        lock.release()
    assert fastpath.thread_state().held() == []
    return outcome


@compiled
@has_testcapi
def test_allocations_that_fail_in_a_wait(elsewhere: Callable[..., Any]) -> None:
    with tracking(), times():
        outcomes = each_point(failing_once, partial(wait_for, Lock, False))
        outcomes += each_point(failing_once, partial(wait_for, RLock, False))
        outcomes += each_point(failing_once, partial(give_up, elsewhere))
        each_point(failing_once, partial(take_again, False))

    assert any(each.raised for each in outcomes)


@pytest.mark.skipif(BUILD == "pure", reason="test_mishaps.py says what the pure build cannot promise")
@pytest.mark.parametrize("mishap", [traced, profiled])
@pytest.mark.parametrize("act", [partial(wait_for, Lock, True), partial(take_again, True)], ids=["acquire", "restore"])
def test_exceptions_in_python_code_in_a_wait(act: Callable[[Mishap, int], Outcome], mishap: Mishap) -> None:
    with tracking(), times():
        outcomes = each_point(mishap, act)

    assert len([each for each in outcomes if each.raised]) > 1


def test_a_condition_has_its_lock_again_when_a_handler_raises() -> None:
    def stop(*_: object) -> None:
        raise Stop

    def wake_and_interrupt() -> None:
        with condition:
            condition.notify()
            deadline = time.monotonic() + THREAD_LIMIT
            # An earlier signal would end the code of Condition before that asks for the lock, also with raw locks.
            while not condition._lock.waiting and time.monotonic() < deadline:
                time.sleep(0.001)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
            time.sleep(0.05)  # the handler runs now, or when the lock is free

    condition: Any = lockdep.threading.Condition()
    before = signal.signal(signal.SIGUSR1, stop)
    try:
        with tracking(), condition:
            thread = threading.Thread(target=wake_and_interrupt)
            thread.start()
            with pytest.raises(Stop):
                condition.wait()
            assert condition._is_owned()
        thread.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
