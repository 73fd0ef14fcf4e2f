"""Timers: when they expire, what deleting waits for, and what is reported."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import lockdep
from lockdep import runtime
from primitives._errand import Errand
from primitives.irq import free_irq, raise_irq, request_irq
from primitives.preempt import in_hardirq, in_softirq
from primitives.spinlock import SpinLock
from primitives.timer import IN_HARDIRQ, Timer, jiffies
from tests.patience import THREAD_LIMIT
from tests.primitives.contract import Cast, until
from tests.worlds import found, nest

pytestmark = pytest.mark.scenes

LATER = 3600.0  # seconds: it does not come


class Gate:
    """A function for a timer or work item that lets the test know when it runs, and goes on when it is let."""

    def __init__(self) -> None:
        self.entered, self.leave, self.calls = threading.Event(), threading.Event(), 0

    def __call__(self, _: Any) -> None:
        self.calls += 1
        self.entered.set()
        assert self.leave.wait(THREAD_LIMIT)

    def await_entry(self) -> None:
        assert self.entered.wait(THREAD_LIMIT)


def expired(timer: Timer, runs: int = 1) -> None:
    """Wait until a timer has expired so often, and its function has returned."""
    until(lambda: timer.statistics().runs == runs and not timer.statistics().running)


def test_it_expires_once_in_softirq_context_in_another_thread() -> None:
    log = list[Any]()
    timer = Timer(lambda one: log.append((one, in_softirq(), in_hardirq(), threading.current_thread().name)))

    assert not timer.mod(jiffies())

    expired(timer)
    assert log == [(timer, True, False, "timers")]
    assert not timer.pending()
    assert not timer.delete()
    assert found() == []


def test_timers_expire_in_the_order_of_their_times() -> None:
    log, last = list[int](), threading.Event()
    timers = [Timer(lambda _, number=number: log.append(number)) for number in range(3)]
    end = Timer(lambda _: last.set())
    now = jiffies() + 0.02
    end.mod(now + 0.004)
    for number in (2, 0, 1):
        timers[number].mod(now + number / 1000)

    assert last.wait(THREAD_LIMIT)
    assert log == [0, 1, 2]
    assert found() == []


def test_another_time_replaces_the_one_before() -> None:
    timer = Timer(lambda _: None)
    timer.mod(jiffies() + LATER)
    assert timer.pending()

    assert timer.mod(jiffies())

    expired(timer)
    assert timer.statistics().runs == 1
    assert found() == []


def test_a_timer_that_was_deleted_does_not_expire() -> None:
    deleted, other = Timer(lambda _: None), Timer(lambda _: None)
    soon = jiffies() + 0.01
    deleted.mod(soon)
    other.mod(soon)

    assert deleted.delete()

    expired(other)
    assert deleted.statistics().runs == 0
    assert found() == []


def test_a_function_may_set_its_own_timer_and_delete_sync_stops_it() -> None:
    def again(timer: Timer) -> None:
        timer.mod(jiffies())

    timer = Timer(again)
    timer.mod(jiffies())
    until(lambda: timer.statistics().runs > 3)

    timer.delete_sync()

    runs = timer.statistics().runs
    other = Timer(lambda _: None)
    other.mod(jiffies())
    expired(other)
    assert (timer.pending(), timer.statistics().runs) == (False, runs)
    assert found() == []


def test_delete_sync_waits_for_the_function_and_delete_does_not(actor: Cast) -> None:
    gate, deleter = Gate(), actor()
    timer = Timer(gate)
    timer.mod(jiffies())
    gate.await_entry()

    assert not timer.delete()
    deleter.begin(timer.delete_sync)
    until(lambda: any(wait.aim in timer._unfinished for wait in lockdep.fastpath.waits()))
    gate.leave.set()

    assert deleter.result() is False
    assert found() == []


def test_delete_sync_does_not_wait_for_another_thread_that_is_just_setting_the_timer() -> None:
    timer = Timer(lambda _: None)
    timer._unfinished[Errand(timer.dep_map)] = None  # as mod() does before it sets `_next`

    assert not timer.delete_sync()
    timer._unfinished.clear()


def test_a_timer_that_was_shut_down_is_set_no_more() -> None:
    timer = Timer(lambda _: None)
    timer.mod(jiffies() + LATER)

    assert timer.shutdown_sync()

    assert not timer.mod(jiffies())
    assert not timer.pending()
    assert not timer.shutdown()
    timer.setup(lambda _: None)
    timer.mod(jiffies())
    expired(timer)
    assert found() == []


def test_add_of_a_pending_timer_is_reported() -> None:
    timer = Timer(lambda _: None)
    timer.add(jiffies() + LATER)
    assert found() == []

    timer.add(jiffies())

    assert [one.title for one in runtime.findings()] == ["add_timer() of a pending timer"]
    assert timer.delete()


def spin(lock: SpinLock) -> Timer:
    """Return a timer whose function takes a lock, after it has expired."""
    timer = Timer(lambda _: nest(lock))
    timer.mod(jiffies())
    expired(timer)
    return timer


def test_delete_sync_under_a_lock_that_the_function_takes_is_reported() -> None:
    lock = SpinLock("lock")
    timer = spin(lock)

    with lock.bh():
        timer.delete_sync()

    (finding,) = runtime.findings()
    assert (finding.slug, finding.level) == ("circular", "error")
    assert "sync(" in str(finding)
    assert "delete_sync()" in str(finding)


def test_so_it_is_if_the_wait_comes_first() -> None:
    lock = SpinLock("lock")
    timer = Timer(lambda _: nest(lock))
    with lock.bh():
        timer.delete_sync()
    assert found() == []

    timer.mod(jiffies())
    expired(timer)
    until(found)

    assert found() == ["circular"]


def test_delete_sync_after_the_lock_or_under_another_one_is_fine() -> None:
    lock, other = SpinLock("lock"), SpinLock("other")
    timer = spin(lock)
    with lock.bh():
        timer.delete()
    timer.delete_sync()
    with other.bh():
        timer.delete_sync()

    assert found() == []


def test_a_lock_of_the_function_that_others_take_with_bottom_halves_on_is_reported() -> None:
    lock = SpinLock("lock")
    spin(lock)

    with lock:
        pass

    assert found() == ["usage"]


def test_a_function_must_not_sleep() -> None:
    timer = Timer(lambda _: lockdep.might_sleep())
    timer.mod(jiffies())
    expired(timer)

    until(found)
    assert found() == ["sleep"]


def test_delete_sync_by_the_function_itself_raises() -> None:
    raised = list[BaseException]()

    def delete(timer: Timer) -> None:
        try:
            timer.delete_sync()
        except lockdep.DeadlockError as error:
            raised.append(error)

    timer = Timer(delete)
    timer.mod(jiffies())
    expired(timer)

    assert len(raised) == 1
    assert found() == ["misuse"]
    timer.delete_sync()


def test_delete_sync_in_a_hardirq_handler_is_reported() -> None:
    timer = Timer(lambda _: None)
    request_irq(310, lambda _: timer.delete_sync())
    raise_irq(310)
    free_irq(310)

    assert [one.title for one in runtime.findings()] == [IN_HARDIRQ]


def test_an_exception_of_a_function_goes_to_the_hook_and_the_next_timer_expires(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = list[Any]()
    monkeypatch.setattr(threading, "excepthook", seen.append)

    def leave(_: Timer) -> None:
        raise SystemExit

    failing, next_one = Timer(leave), Timer(lambda _: None)
    failing.mod(jiffies())
    next_one.mod(jiffies())

    expired(next_one)
    assert [one.exc_type for one in seen] == [SystemExit]
    assert found() == []


def test_a_function_that_keeps_a_lock_is_reported() -> None:
    lock = SpinLock("kept")
    timer = Timer(lambda _: lock.lock())
    timer.mod(jiffies())
    expired(timer)

    assert found()[0] == "misuse"
    release = Timer(lambda _: lock.unlock())
    release.mod(jiffies())
    expired(release)
    assert not lock.is_locked()
    assert found().count("misuse") == 2  # the second one has released what was held before


class Interleaved(Timer):
    """Its function goes on, and ends, just after delete_sync has looked whether it is pending."""

    def __init__(self, again: bool) -> None:
        super().__init__(self._expire)
        self.entered, self.leave = threading.Event(), threading.Event()
        self._again = again

    def _expire(self, _timer: Timer) -> None:
        self.entered.set()
        self.leave.wait()
        if self._again:
            self.mod(jiffies() + LATER)

    def cancel(self) -> bool:
        cancelled = super().cancel()
        if self.entered.is_set() and not self.leave.is_set():
            self.leave.set()
            until(lambda: not self.statistics().running)
        return cancelled


@pytest.mark.parametrize("again", [True, False])
def test_a_function_that_sets_its_timer_again_while_that_is_deleted_is_stopped(again: bool) -> None:
    timer = Interleaved(again)
    timer.mod(jiffies())
    timer.entered.wait()

    assert timer.delete_sync() is again
    assert not timer.pending()
