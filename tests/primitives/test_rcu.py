"""RCU: which readers a grace period waits for, waits that could never end, and callbacks."""

from __future__ import annotations

import os
import threading
from _thread import get_ident

import pytest

import lockdep
from lockdep import fastpath, runtime
from lockdep.contexts import simulated
from lockdep.fastpath import BUILD
from primitives import rcu
from primitives.irq import free_irq, raise_irq, request_irq
from primitives.rcu import (
    call_rcu,
    cond_synchronize_rcu,
    get_state_synchronize_rcu,
    poll_state_synchronize_rcu,
    rcu_barrier,
    rcu_read_lock,
    rcu_read_lock_bh,
    rcu_read_side,
    rcu_read_unlock,
    rcu_read_unlock_bh,
    synchronize_rcu,
    synchronize_rcu_expedited,
)
from tests.primitives.contract import Cast, until
from tests.primitives.rcu_flavours import Action, Flavour, Mutex, flavours
from tests.worlds import found


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


def test_a_thread_that_does_nothing_but_read_can_be_interrupted_and_is_judged(actor: Cast) -> None:
    reader, ran = actor(), list[int]()

    def read() -> tuple[bool, bool]:
        rcu_read_lock()
        rcu_read_unlock()
        state = fastpath.thread_state()
        return state.run != 0, state.waits_calm

    reader.do(read)  # what is new here is judged at the next section
    assert reader.do(read) == (True, False)  # it needs no call from now on
    request_irq(4100, lambda _: ran.append(get_ident()))
    raise_irq(4100, reader.thread)
    assert ran == []
    reader.do(read)
    assert ran == [reader.thread.ident]
    assert reader.do(read) == (True, False)
    free_irq(4100)
    assert found() == []
