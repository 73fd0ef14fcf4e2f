"""RCU: which readers a grace period waits for, callbacks, and what is reported."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

import lockdep
from lockdep import runtime
from lockdep.contexts import simulated
from lockdep.fastpath import BUILD, ExclusiveLock
from lockdep.wait_types import SLEEP, Traits
from primitives import rcu
from primitives.rcu import (
    RCUPointer,
    call_rcu,
    cond_synchronize_rcu,
    get_state_synchronize_rcu,
    poll_state_synchronize_rcu,
    rcu_access_pointer,
    rcu_assign_pointer,
    rcu_barrier,
    rcu_dereference,
    rcu_dereference_bh,
    rcu_dereference_check,
    rcu_dereference_protected,
    rcu_dereference_sched,
    rcu_read_lock,
    rcu_read_lock_any_held,
    rcu_read_lock_bh,
    rcu_read_lock_bh_held,
    rcu_read_lock_held,
    rcu_read_lock_sched,
    rcu_read_lock_sched_held,
    rcu_read_side,
    rcu_read_side_bh,
    rcu_read_side_sched,
    rcu_read_unlock,
    rcu_read_unlock_bh,
    rcu_read_unlock_sched,
    rcu_replace_pointer,
    rcu_sleep_check,
    synchronize_rcu,
    synchronize_rcu_expedited,
)
from tests.primitives.contract import Cast, until
from tests.worlds import found

Action = Callable[[], object]


class Flavour(NamedTuple):
    """The functions of one flavour of RCU."""

    name: str
    lock: Action
    unlock: Action
    side: Callable[[], Any]

    def __str__(self) -> str:
        return self.name


FLAVOURS = (
    Flavour("rcu", rcu_read_lock, rcu_read_unlock, rcu_read_side),
    Flavour("bh", rcu_read_lock_bh, rcu_read_unlock_bh, rcu_read_side_bh),
    Flavour("sched", rcu_read_lock_sched, rcu_read_unlock_sched, rcu_read_side_sched),
)
flavours = pytest.mark.parametrize("flavour", FLAVOURS, ids=str)


class Mutex(ExclusiveLock):
    """A lock that sleeps."""

    __slots__ = ()
    traits = Traits(inner=SLEEP)


def titles() -> list[str]:
    return [finding.title for finding in runtime.findings()]


def test_rcu_is_of_the_same_build_as_lockdep() -> None:
    assert (BUILD == "compiled") == rcu.core.COMPILED


# Grace periods


@flavours
@pytest.mark.parametrize("synchronize", [synchronize_rcu, synchronize_rcu_expedited])
def test_a_grace_period_waits_for_a_reader(flavour: Flavour, synchronize: Action, actor: Cast) -> None:
    reader, writer = actor(), actor()
    reader.do(flavour.lock)

    writer.begin(synchronize)
    until(lambda: rcu.statistics().waiting == 1)
    assert rcu.statistics().readers == 1
    reader.do(flavour.unlock)

    writer.result()
    assert rcu.statistics() == rcu.RCUStatistics(0, 0, 0)
    assert found() == []


def test_a_grace_period_waits_for_the_outermost_section(actor: Cast) -> None:
    reader, writer = actor(), actor()
    reader.do(rcu_read_lock)
    reader.do(rcu_read_lock_bh)
    writer.begin(synchronize_rcu)
    until(lambda: rcu.statistics().waiting == 1)

    cookie = get_state_synchronize_rcu()
    reader.do(rcu_read_unlock)
    assert not poll_state_synchronize_rcu(cookie)
    assert rcu.statistics().waiting == 1
    reader.do(rcu_read_unlock_bh)

    writer.result()
    assert poll_state_synchronize_rcu(cookie)


def test_a_grace_period_does_not_wait_for_later_readers(actor: Cast) -> None:
    early, late, writer = actor(), actor(), actor()
    early.do(rcu_read_lock)
    writer.begin(synchronize_rcu)
    until(lambda: rcu.statistics().waiting == 1)
    late.do(rcu_read_lock)

    early.do(rcu_read_unlock)

    writer.result()  # the late reader is still in its section
    assert rcu.statistics().readers == 1
    late.do(rcu_read_unlock)


def test_a_section_that_begins_after_the_grace_period_is_not_waited_for(actor: Cast) -> None:
    reader = actor()
    reader.do(rcu_read_lock)
    cookie = get_state_synchronize_rcu()

    reader.do(rcu_read_unlock)
    reader.do(rcu_read_lock)

    assert poll_state_synchronize_rcu(cookie)
    assert not poll_state_synchronize_rcu(get_state_synchronize_rcu())
    reader.do(rcu_read_unlock)


def test_a_grace_period_without_readers_returns_at_once() -> None:
    synchronize_rcu()
    synchronize_rcu_expedited()
    cond_synchronize_rcu(get_state_synchronize_rcu())

    assert found() == []


def test_several_grace_periods_wait_at_once(actor: Cast) -> None:
    first, second, a, b = actor(), actor(), actor(), actor()
    first.do(rcu_read_lock)
    a.begin(synchronize_rcu)
    until(lambda: rcu.statistics().waiting == 1)
    second.do(rcu_read_lock)
    b.begin(synchronize_rcu)
    until(lambda: rcu.statistics().waiting == 2)

    first.do(rcu_read_unlock)
    a.result()
    assert rcu.statistics().waiting == 1
    second.do(rcu_read_unlock)

    b.result()


def test_a_thread_that_ends_in_a_section_is_not_waited_for() -> None:
    thread = threading.Thread(target=rcu_read_lock)
    thread.start()
    thread.join()

    synchronize_rcu()

    assert found() == ["lifetime"]


def test_a_thread_that_ends_in_a_section_wakes_the_waiting_writer(actor: Cast) -> None:
    go = threading.Event()
    entered = threading.Event()

    def read() -> None:
        rcu_read_lock()
        entered.set()
        go.wait()

    thread = threading.Thread(target=read)
    thread.start()
    entered.wait()
    writer = actor()
    writer.begin(synchronize_rcu)
    until(lambda: rcu.statistics().waiting == 1)

    go.set()

    writer.result()
    thread.join()
    assert found() == ["lifetime"]


def test_a_stalled_grace_period_names_the_reader(actor: Cast) -> None:
    reader, writer = actor(), actor()
    reader.do(rcu_read_lock)
    reports, stream = os.pipe()
    runtime.report_to(stream)
    try:
        writer.begin(lambda: synchronize_rcu(stall_after=0.05))
        output = os.read(reports, 10000).decode()
    finally:
        runtime.report_to(None)
        reader.do(rcu_read_unlock)
        writer.result()
        os.close(reports)
        os.close(stream)

    assert "rcu: INFO: grace period stalled for 0.05 s by:\n  thread " in output
    assert "which entered at tests/primitives/contract.py" in output  # the actor's own line, which calls rcu_read_lock


# Waits that would never end


@flavours
def test_a_grace_period_inside_a_section_raises(flavour: Flavour) -> None:
    flavour.lock()
    try:
        for name, wait in {
            "synchronize_rcu": synchronize_rcu,
            "synchronize_rcu_expedited": synchronize_rcu_expedited,
            "rcu_barrier": rcu_barrier,
        }.items():
            title = f"Illegal {name}() in RCU read-side critical section"
            with pytest.raises(lockdep.DeadlockError, match=title.replace("(", r"\(").replace(")", r"\)")):
                wait()
            assert titles()[-1] == title
    finally:
        flavour.unlock()


def test_a_grace_period_inside_a_section_raises_without_a_validator() -> None:
    with lockdep.paused(), rcu_read_side(), pytest.raises(lockdep.DeadlockError):
        synchronize_rcu()

    assert found() == []


def test_rcu_barrier_in_a_callback_raises() -> None:
    raised: list[BaseException] = []

    def callback() -> None:
        try:
            rcu_barrier()
        except lockdep.DeadlockError as error:
            raised.append(error)

    call_rcu(callback)
    rcu_barrier()

    assert len(raised) == 1
    assert titles() == ["rcu_barrier() called by a callback"]


def test_a_grace_period_under_a_spinlock_is_reported() -> None:
    simulated.preempt_disable()
    try:
        synchronize_rcu()
    finally:
        simulated.preempt_enable()

    assert found() == ["sleep"]


# Callbacks


def test_call_rcu_returns_while_its_callback_waits_for_readers(actor: Cast) -> None:
    reader, order = actor(), list[str]()
    reader.do(rcu_read_lock)

    call_rcu(order.append, "freed")
    until(lambda: rcu.statistics().waiting == 1)
    assert order == []
    reader.do(rcu_read_unlock)
    rcu_barrier()

    assert order == ["freed"]


def test_callbacks_run_in_order_on_a_thread_of_their_own() -> None:
    order: list[int] = []
    threads: set[int] = set()

    def callback(number: int) -> None:
        order.append(number)
        threads.add(threading.get_ident())

    for number in range(50):
        call_rcu(callback, number)
    rcu_barrier()

    assert order == list(range(50))
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_callbacks_may_be_added_in_a_section() -> None:
    order: list[int] = []
    with rcu_read_side():
        call_rcu(order.append, 1)
    rcu_barrier()

    assert order == [1]
    assert found() == []


def test_a_callback_that_fails_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda details: failed.append(details.exc_type))
    order: list[int] = []

    call_rcu(lambda: 1 / 0)
    call_rcu(order.append, 1)
    rcu_barrier()

    assert failed == [ZeroDivisionError]
    assert order == [1]


def test_a_barrier_under_a_lock_that_callbacks_take_is_reported() -> None:
    mutex = Mutex("mutex")
    taken = threading.Event()

    def callback() -> None:
        with mutex:
            taken.set()

    call_rcu(callback)
    rcu_barrier()
    with mutex:
        rcu_barrier()  # the queue is empty now

    assert taken.is_set()
    assert found() == ["circular"]


def test_a_barrier_under_another_lock_is_fine() -> None:
    call_rcu(lambda: None)
    with Mutex("unrelated"):
        rcu_barrier()

    assert found() == []


# Suspicious usage


def test_a_dereference_outside_of_a_section_is_reported() -> None:
    pointer = RCUPointer(1)

    assert rcu_dereference(pointer) == 1

    assert titles() == ["suspicious rcu_dereference_check() usage"]


def test_a_dereference_in_a_section_is_fine() -> None:
    pointer = RCUPointer(1)

    with rcu_read_side():
        assert rcu_dereference(pointer) == 1
        assert rcu_dereference_check(pointer, False) == 1
    assert rcu_access_pointer(pointer) == 1

    assert titles() == []


def test_a_dereference_needs_a_section_of_its_flavour() -> None:
    pointer = RCUPointer(1)
    with rcu_read_side_bh():
        rcu_dereference_bh(pointer)
    with rcu_read_side_sched():
        rcu_dereference_sched(pointer)
    assert titles() == []

    with rcu_read_side():
        rcu_dereference_bh(pointer)
        rcu_dereference_sched(pointer)
    with rcu_read_side_bh():
        rcu_dereference(pointer)

    assert titles() == [
        "suspicious rcu_dereference_bh_check() usage",
        "suspicious rcu_dereference_sched_check() usage",
        "suspicious rcu_dereference_check() usage",
    ]


def test_a_dereference_under_the_writers_lock_is_fine() -> None:
    pointer, lock = RCUPointer(1), Mutex("writers")

    with lock:
        assert rcu_dereference_check(pointer, lockdep.is_held(lock)) == 1
        assert rcu_dereference_protected(pointer, lockdep.is_held(lock)) == 1
        assert rcu_replace_pointer(pointer, 2, lockdep.is_held(lock)) == 1
        rcu_assign_pointer(pointer, 3)
    assert titles() == []

    assert rcu_dereference_protected(pointer, lockdep.is_held(lock)) == 3
    assert titles() == ["suspicious rcu_dereference_protected() usage"]


def test_without_a_validator_nothing_is_reported() -> None:
    with lockdep.paused():
        rcu_dereference(RCUPointer(1))

    assert found() == []


def test_sleeping_in_a_section_is_reported() -> None:
    rcu_sleep_check()
    assert titles() == []

    with rcu_read_side(), rcu_read_side_bh(), rcu_read_side_sched():
        rcu_sleep_check()

    assert titles() == [
        "Illegal context switch in RCU read-side critical section",
        "Illegal context switch in RCU-bh read-side critical section",
        "Illegal context switch in RCU-sched read-side critical section",
    ]


@flavours
def test_a_sleeping_lock_in_a_section_is_reported(flavour: Flavour) -> None:
    mutex = Mutex("mutex")
    with mutex:
        flavour.lock()  # a section may begin in any context
        flavour.unlock()
    assert found() == []

    flavour.lock()
    with mutex:
        pass
    flavour.unlock()

    assert titles() == ["Invalid wait context"]


def test_opposite_orders_of_section_and_lock_are_fine() -> None:
    a, b = ExclusiveLock("a"), ExclusiveLock("b")
    for outer, inner in ((a, b), (b, a)):
        with outer, rcu_read_side():
            pass
        with rcu_read_side(), inner:
            pass

    assert "circular" not in found()


# The bounds of sections


@flavours
def test_sections_nest_and_report_their_flavour(flavour: Flavour) -> None:
    name = flavour.name
    with flavour.side(), flavour.side():
        assert rcu_read_lock_held() == (name == "rcu")
        assert rcu_read_lock_bh_held() == (name == "bh")
        assert rcu_read_lock_sched_held() == (name == "sched")
        assert rcu_read_lock_any_held()
        assert simulated.in_softirq() == (name == "bh")
        assert simulated.preempt_count() == (0 if name == "rcu" else 2)
    assert not rcu_read_lock_any_held()
    assert simulated.preempt_count() == 0


@flavours
def test_leaving_a_section_that_was_not_entered_raises(flavour: Flavour) -> None:
    with pytest.raises(RuntimeError, match="outside of its read-side section"):
        flavour.unlock()

    assert titles() == ["bad unlock balance detected!"]
    flavour.lock()
    flavour.unlock()
    assert rcu.statistics().readers == 0


def test_a_section_cannot_be_left_as_another_flavour() -> None:
    rcu_read_lock()
    with pytest.raises(RuntimeError):
        rcu_read_unlock_sched()
    rcu_read_unlock()

    assert found() == ["release"]


def test_an_exception_ends_the_section() -> None:
    with pytest.raises(KeyError), rcu_read_side():
        raise KeyError

    assert not rcu_read_lock_any_held()


def test_sections_are_in_the_list_of_held_locks() -> None:
    mutex = Mutex("mutex")
    with rcu_read_side(), mutex:
        pass

    (finding,) = runtime.findings()
    assert "(rcu_read_lock){....}-{1:3}" in str(finding)


def test_sections_in_interrupt_handlers_are_fine() -> None:
    with rcu_read_side():
        simulated.hardirq_enter()
        with rcu_read_side():
            pass
        simulated.hardirq_exit()
    with rcu_read_side():
        pass
    assert found() == []
    assert rcu.statistics().readers == 0
