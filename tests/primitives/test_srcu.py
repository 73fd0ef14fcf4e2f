"""SRCU: domains of readers that may sleep, each with grace periods of its own."""

from __future__ import annotations

import os
import threading

import pytest

import lockdep
from lockdep import runtime
from primitives.mutex import Mutex
from primitives.rcu import RCUPointer, rcu_read_side, synchronize_rcu
from primitives.srcu import ILLEGAL, SRCU
from tests.primitives.contract import Cast, until
from tests.worlds import found

KEPT: list[SRCU] = []  # a thread has ended while it read these; collecting them would be a finding


def titles() -> list[str]:
    return [finding.title for finding in runtime.findings()]


def test_a_grace_period_waits_for_earlier_readers_and_not_for_later_ones(actor: Cast) -> None:
    domain, early, late, writer = SRCU("domain"), actor(), actor(), actor()
    first = early.do(domain.read_lock)
    writer.begin(domain.synchronize)
    until(lambda: domain.statistics().waiting == 1)
    second = late.do(domain.read_lock)
    assert first != second

    early.do(domain.read_unlock, first)

    writer.result()
    assert domain.statistics().readers == 1
    late.do(domain.read_unlock, second)
    assert domain.statistics().readers == 0
    assert found() == []


def test_domains_do_not_wait_for_each_other(actor: Cast) -> None:
    mine, other, reader = SRCU("mine"), SRCU("other"), actor()
    index = reader.do(other.read_lock)

    mine.synchronize()
    synchronize_rcu()

    reader.do(other.read_unlock, index)
    assert found() == []


def test_several_grace_periods_wait_at_once(actor: Cast) -> None:
    domain, reader = SRCU("domain"), actor()
    index = reader.do(domain.read_lock)
    writers = [actor() for _ in range(5)]
    for number, writer in enumerate(writers, 1):
        writer.begin(domain.synchronize)
        until(lambda expected=number: domain.statistics().waiting == expected)

    reader.do(domain.read_unlock, index)

    for writer in writers:
        writer.result()
    domain.synchronize()
    assert len(domain._generations) == 1


def test_sections_nest_and_end_in_any_order() -> None:
    domain = SRCU("domain")
    outer, inner = domain.read_lock(), domain.read_lock()
    assert domain.read_lock_held()
    domain.read_unlock(outer)
    assert domain.read_lock_held()
    domain.read_unlock(inner)

    assert not domain.read_lock_held()
    assert found() == []


def test_a_reader_may_sleep() -> None:
    domain, mutex = SRCU("domain"), Mutex("mutex")
    with domain.reading(), mutex:
        synchronize_rcu()

    assert found() == []


def test_a_grace_period_inside_a_section_of_the_domain_raises() -> None:
    domain = SRCU("domain")
    with domain.reading():
        with pytest.raises(lockdep.DeadlockError):
            domain.synchronize()
        assert titles() == [ILLEGAL]
        with lockdep.paused(), pytest.raises(lockdep.DeadlockError):
            domain.synchronize()
        with pytest.raises(lockdep.DeadlockError):
            domain.barrier()
    domain.synchronize()


def test_a_grace_period_inside_an_rcu_section_is_reported() -> None:
    with rcu_read_side():
        SRCU("domain").synchronize()

    assert ILLEGAL in titles()


def test_a_grace_period_under_a_lock_that_readers_take_is_reported() -> None:
    domain, mutex = SRCU("domain"), Mutex("mutex")
    with domain.reading(), mutex:
        pass
    with mutex:
        domain.synchronize()

    assert found() == ["circular"]


def test_two_domains_whose_readers_wait_for_each_other_are_reported() -> None:
    a, b = SRCU("a"), SRCU("b")
    with a.reading():
        b.synchronize()
    assert found() == []
    with b.reading():
        a.synchronize()

    assert found() == ["circular"]


def test_opposite_orders_of_reader_and_lock_are_fine() -> None:
    domain, mutex = SRCU("domain"), Mutex("mutex")
    with domain.reading(), mutex:
        pass
    with mutex, domain.reading():
        pass

    assert found() == []


def test_callbacks_run_after_the_readers(actor: Cast) -> None:
    domain, reader, order = SRCU("domain"), actor(), list[str]()
    index = reader.do(domain.read_lock)
    domain.call(order.append, "freed")
    until(lambda: domain.statistics().waiting == 1)
    assert order == []

    reader.do(domain.read_unlock, index)
    domain.barrier()

    assert order == ["freed"]


def test_a_section_may_end_in_another_thread(actor: Cast) -> None:
    domain, first, second, writer = SRCU("domain"), actor(), actor(), actor()
    index = first.do(domain.down_read)
    writer.begin(domain.synchronize)
    until(lambda: domain.statistics().waiting == 1)

    second.do(domain.up_read, index)

    writer.result()
    assert found() == []


def test_ending_a_section_that_was_not_begun_raises(actor: Cast) -> None:
    domain, reader = SRCU("domain"), actor()
    index = reader.do(domain.read_lock)
    for wrong in (index, 77):
        with pytest.raises(RuntimeError):
            domain.read_unlock(wrong)
    with pytest.raises(RuntimeError):
        domain.up_read(77)

    assert titles() == ["bad unlock balance detected!"] * 2  # two places
    assert domain.statistics().readers == 1
    reader.do(domain.read_unlock, index)


def test_a_dereference_needs_a_section_of_the_domain() -> None:
    domain, pointer = SRCU("domain"), RCUPointer(1)
    with domain.reading():
        assert domain.dereference(pointer) == 1
    assert domain.dereference(pointer, True) == 1
    assert titles() == []

    with rcu_read_side():
        domain.dereference(pointer)
    assert titles() == ["suspicious srcu_dereference_check() usage"]


def test_a_thread_that_ends_in_a_section_is_not_waited_for(actor: Cast) -> None:
    domain, writer = SRCU("domain"), actor()
    entered, go = threading.Event(), threading.Event()

    def read() -> None:
        domain.read_lock()
        entered.set()
        go.wait()

    thread = threading.Thread(target=read)
    thread.start()
    entered.wait()
    writer.begin(domain.synchronize)
    until(lambda: domain.statistics().waiting == 1)

    go.set()

    writer.result()
    thread.join()
    assert found() == ["lifetime"]
    KEPT.append(domain)


def test_a_stalled_grace_period_names_the_readers(actor: Cast) -> None:
    domain, reader, writer = SRCU("domain", stall_after=0.05), actor(), actor()
    index = reader.do(domain.read_lock)
    reports, stream = os.pipe()
    runtime.report_to(stream)
    try:
        writer.begin(domain.synchronize)
        output = os.read(reports, 10000).decode()
    finally:
        runtime.report_to(None)
        reader.do(domain.read_unlock, index)
        writer.result()
        os.close(reports)
        os.close(stream)

    assert "srcu domain: INFO: grace period stalled for 0.05 s by:\n  1 readers of generation 0; thread " in output
