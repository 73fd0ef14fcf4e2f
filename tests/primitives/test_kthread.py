"""Threads that are told to stop: what stopping waits for, and what is reported."""

from __future__ import annotations

import threading
from errno import EBUSY, ENOSYS
from typing import Any

import pytest

import lockdep
from lockdep import fastpath, runtime
from primitives.kthread import (
    KThread,
    kthread_park,
    kthread_parkme,
    kthread_run,
    kthread_should_park,
    kthread_should_stop,
    kthread_stop,
    kthread_unpark,
    wake_up_process,
)
from primitives.mutex import Mutex
from primitives.spinlock import SpinLock
from primitives.waitqueue import WaitQueueHead
from tests.primitives.contract import Cast, until
from tests.worlds import found, nest

pytestmark = pytest.mark.scenes


def until_stopped(work: Any, then: Any = None) -> Any:
    """Return a function for a thread that works until it is told to stop, and returns how often it has."""

    def run(_: Any) -> int:
        times = 0
        while not kthread_should_stop():
            work()
            times += 1
        if then is not None:
            then()
        return times

    return run


def test_a_thread_runs_until_it_is_told_to_stop_and_its_result_is_returned() -> None:
    worked = threading.Event()
    thread = kthread_run(until_stopped(worked.set), None, "poller")
    assert worked.wait(30)
    assert thread.thread.name == "poller"
    assert not thread.should_stop()

    assert kthread_stop(thread) > 0

    assert thread.should_stop()
    assert kthread_stop(thread) > 0  # once more: it has ended
    assert found() == []


def test_data_is_handed_on_and_a_thread_may_end_by_itself() -> None:
    thread = kthread_run(lambda data: data * 2, 21)

    assert kthread_stop(thread) == 42
    assert found() == []


def test_stopping_wakes_a_thread_that_waits_for_a_condition() -> None:
    queue, jobs, done = WaitQueueHead("queue"), list[int](), list[int]()

    def work(_: Any) -> None:
        while True:
            queue.wait_event(lambda: jobs or kthread_should_stop())
            if not jobs:
                return
            done.append(jobs.pop())

    thread = kthread_run(work, name="worker")
    until(queue.active)
    jobs.append(1)
    queue.wake_up()
    until(lambda: done == [1])
    until(queue.active)

    kthread_stop(thread)

    assert not queue.active()
    assert found() == []


def test_wake_up_process_lets_a_thread_look_again() -> None:
    queue, looks, flag = WaitQueueHead("queue"), list[None](), list[None]()
    thread = kthread_run(lambda _: queue.wait_event(lambda: looks.append(None) or flag))
    until(queue.active)
    until(lambda: any(isinstance(wait.aim, object) and wait.lock is None for wait in fastpath.waits()))
    before = len(looks)

    wake_up_process(thread)

    until(lambda: len(looks) > before)
    flag.append(None)
    wake_up_process(thread)
    kthread_stop(thread)
    assert found() == []


def test_stopping_under_a_lock_that_the_thread_takes_is_reported() -> None:
    mutex = Mutex("mutex")
    taken = threading.Event()
    thread = kthread_run(until_stopped(lambda: (nest(mutex), taken.set())))
    assert taken.wait(30)
    with mutex:
        lockdep.might_lock(mutex, 1)
    assert found() == []

    other = kthread_run(until_stopped(lambda: None), None)
    with Mutex("another"):
        kthread_stop(other)
    assert found() == []
    kthread_stop(thread)
    with mutex:
        kthread_stop(thread)

    assert found() == ["circular"]


def test_the_deadlock_is_reported_while_it_lasts(actor: Cast) -> None:
    mutex, stopper = Mutex("mutex"), actor()
    inside, go = threading.Event(), threading.Event()

    def work() -> None:
        inside.set()
        assert go.wait(30)
        while not mutex.lock_timeout(0.001):
            if found():
                return
        mutex.unlock()

    thread = kthread_run(until_stopped(work))
    assert inside.wait(30)

    def stop() -> None:
        with mutex:
            kthread_stop(thread)

    stopper.begin(stop)
    until(thread.should_stop)
    go.set()
    stopper.result()

    assert [slug.rstrip("?") for slug in found()] == ["circular"]


def test_locks_of_different_looks_have_no_order() -> None:
    first, second = Mutex("first"), Mutex("second")
    locks = [first, second]
    worked = threading.Event()

    def work() -> None:
        nest(locks[0])
        locks.reverse()
        worked.set()

    thread = kthread_run(until_stopped(work))
    assert worked.wait(30)
    kthread_stop(thread)

    assert found() == []


def test_a_thread_that_stops_itself_raises() -> None:
    raised, ready = list[BaseException](), threading.Event()
    threads = list[KThread]()

    def run(_: Any) -> None:
        assert ready.wait(30)
        try:
            kthread_stop(threads[0])
        except lockdep.DeadlockError as error:
            raised.append(error)

    threads.append(kthread_run(run))
    ready.set()
    kthread_stop(threads[0])

    assert len(raised) == 1
    assert [one.title for one in runtime.findings()] == ["kthread_stop() called by the thread itself"]


def test_a_thread_that_fails_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = list[Any]()
    monkeypatch.setattr(threading, "excepthook", seen.append)

    def fail(_: Any) -> None:
        raise LookupError

    thread = kthread_run(fail)

    assert kthread_stop(thread) is None
    thread.thread.join()
    assert [one.exc_type for one in seen] == [LookupError]
    assert found() == []


def test_starting_and_stopping_sleep() -> None:
    thread = kthread_run(until_stopped(lambda: None))
    with SpinLock("lock"):
        kthread_stop(thread)

    assert found() == ["sleep"]


def test_a_thread_that_was_only_created_starts_when_it_is_woken() -> None:
    thread, never = KThread(lambda data: data, 1), KThread(lambda data: data, 2)
    wake_up_process(thread)
    wake_up_process(thread)

    assert kthread_stop(thread) == 1
    assert kthread_stop(never) is None

    for one in (thread, never):
        with pytest.raises(RuntimeError, match="started once"):
            one.start()
    assert found() == []


def test_only_such_threads_may_ask() -> None:
    with pytest.raises(RuntimeError, match="has not started"):
        kthread_should_stop()


class Parking:
    """A thread that counts what it does, and parks when it is asked to."""

    def __init__(self, work: Any = lambda: None) -> None:
        self.work, self.times = work, 0
        self.thread = KThread(self.run, None, "parking")

    def run(self, _: Any) -> int:
        while not kthread_should_stop():
            if kthread_should_park():
                kthread_parkme()
            self.work()
            self.times += 1
        return self.times

    def goes_on(self) -> bool:
        before = self.times
        until(lambda: self.times > before)
        return True


def test_a_parked_thread_does_nothing_until_it_is_unparked() -> None:
    parking = Parking()
    parking.thread.start()
    assert parking.goes_on()

    assert kthread_park(parking.thread) == 0

    assert parking.thread.should_park()
    times = parking.times
    for _ in range(20):
        wake_up_process(parking.thread)  # it stays where it is
    assert parking.times == times
    kthread_unpark(parking.thread)
    assert parking.goes_on()
    assert not parking.thread.should_park()
    for _ in range(50):  # and so on, as often as one likes
        assert parking.thread.park() == 0
        parking.thread.unpark()
    assert kthread_stop(parking.thread) >= times
    assert found() == []


def test_a_parked_thread_is_stopped_and_its_result_returned() -> None:
    parking = Parking()
    parking.thread.start()
    assert parking.thread.park() == 0

    assert kthread_stop(parking.thread) == parking.times

    assert parking.thread.park() == -ENOSYS
    assert found() == []


def test_a_thread_that_was_only_created_parks_before_it_begins() -> None:
    parking = Parking()

    assert parking.thread.park() == 0

    assert parking.times == 0
    parking.thread.unpark()
    assert parking.goes_on()
    parking.thread.stop()
    assert found() == []


def test_a_thread_that_ends_without_having_parked_lets_its_parker_go_on(actor: Cast) -> None:
    inside, go, parker = threading.Event(), threading.Event(), actor()
    thread = kthread_run(lambda _: (inside.set(), go.wait(30))[1])
    assert inside.wait(30)  # before its function it would park
    parker.begin(thread.park)
    until(thread.should_park)

    go.set()

    assert parker.result() == -ENOSYS
    assert thread.stop() is True
    assert found() == []


def test_to_ask_twice_is_reported_and_to_unpark_twice_is_fine() -> None:
    parking = Parking()
    parking.thread.start()
    parking.thread.park()

    assert kthread_park(parking.thread) == -EBUSY

    assert [finding.title for finding in runtime.findings()] == ["kthread_park() of a thread that was asked to park"]
    parking.thread.unpark()
    parking.thread.unpark()
    assert parking.goes_on()
    assert parking.thread.park() == 0
    parking.thread.stop()
    assert len(runtime.findings()) == 1


def test_a_thread_may_ask_itself_and_goes_on_until_it_parks() -> None:
    asked: list[int] = []
    thread = KThread(lambda _: (asked.append(thread.park()), kthread_parkme(), asked.append(1)))
    thread.start()
    until(lambda: asked == [0])

    thread.unpark()

    until(lambda: asked == [0, 1])
    thread.stop()
    assert found() == []


def test_parking_under_a_lock_that_the_thread_takes_is_reported() -> None:
    mutex, other = Mutex("mutex"), Mutex("other")
    parking = Parking(lambda: nest(mutex))
    parking.thread.start()
    assert parking.goes_on()
    with other:
        parking.thread.park()
    parking.thread.unpark()
    assert found() == []
    parking.thread.park()
    parking.thread.unpark()
    parking.thread.stop()

    with mutex:
        parking.thread.park()

    assert found() == ["circular"]


def test_to_park_and_to_be_parked_sleeps() -> None:
    parking = Parking()
    parking.thread.start()
    lock = SpinLock("lock")
    parking.work = lambda: None
    parking.thread.park()
    parking.thread.unpark()  # needs no sleep
    with lock:
        parking.thread.unpark()
    assert found() == []
    parking.thread.stop()

    with lock:
        parking.thread.park()

    assert found() == ["sleep"]


def test_who_is_parked_and_who_waits_for_that_is_shown(actor: Cast) -> None:
    parking, parker, inside, go = Parking(), actor(), threading.Event(), threading.Event()
    busy = kthread_run(lambda _: (inside.set(), go.wait(30)))
    assert inside.wait(30)
    parking.thread.start()
    parking.thread.park()
    parker.begin(busy.park)

    until(lambda: "the parking of " in str(lockdep.waiting()))
    assert "the end of its parking" in str(lockdep.waiting())

    go.set()
    assert parker.result() == -ENOSYS
    parking.thread.stop()
    assert found() == []


def test_the_deadlock_of_a_parker_is_reported_while_it_lasts(actor: Cast) -> None:
    mutex, parker = Mutex("mutex"), actor()
    inside, go = threading.Event(), threading.Event()

    def work() -> None:
        inside.set()
        assert go.wait(30)
        while not mutex.lock_timeout(0.001):
            if found():
                return
        mutex.unlock()

    parking = Parking(work)
    parking.thread.start()
    assert inside.wait(30)

    def park() -> None:
        with mutex:
            parking.thread.park()

    parker.begin(park)
    until(parking.thread.should_park)
    go.set()
    parker.result()

    assert [slug.rstrip("?") for slug in found()] == ["circular"]
    kthread_stop(parking.thread)


@pytest.mark.parametrize("call", [kthread_should_park, kthread_parkme])
def test_only_threads_of_kthread_run_ask(call: Any) -> None:
    with pytest.raises(RuntimeError, match=call.__name__):
        call()
