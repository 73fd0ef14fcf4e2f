"""RWLock beyond the contract: readers and waiting writers, interrupts, and lock orders."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import lockdep
from lockdep import runtime
from lockdep.contexts import simulated
from primitives import RWLock, RWSem
from tests.primitives.contract import Cast, until
from tests.worlds import found


def with_waiting_writer(lock: RWLock, actor: Cast) -> Callable[[], None]:
    """Take the lock for reading while a writer waits; return a function that lets the writer through."""
    writer = actor()
    lock.read_lock()
    writer.begin(lock.write_lock)
    until(lambda: lock.statistics().waiting == 1)

    def end() -> None:
        lock.read_unlock()
        writer.result()
        writer.do(lock.write_unlock)

    return end


def test_readers_pass_a_waiting_writer(actor: Cast) -> None:
    lock, reader = RWLock(), actor()
    end = with_waiting_writer(lock, actor)

    assert reader.do(lock.read_trylock)
    with lock.read():  # the present reader itself may read again
        pass

    reader.do(lock.read_unlock)
    end()
    assert found() == []


def test_a_reader_of_a_queued_lock_waits_behind_a_waiting_writer(actor: Cast) -> None:
    lock, reader = RWLock(queued=True), actor()
    end = with_waiting_writer(lock, actor)

    assert reader.do(lock.read_trylock) is False

    end()
    assert found() == []


@pytest.mark.parametrize(
    ("enter", "leave"),
    [
        (simulated.hardirq_enter, simulated.hardirq_exit),
        (simulated.softirq_enter, simulated.softirq_exit),
        (simulated.local_bh_disable, simulated.local_bh_enable),
    ],
    ids=["hardirq", "softirq", "bh"],
)
def test_a_reader_in_an_interrupt_passes_the_queue(
    enter: Callable[[], None], leave: Callable[[], None], actor: Cast
) -> None:
    lock, reader = RWLock(queued=True), actor()
    end = with_waiting_writer(lock, actor)

    def interrupt() -> None:
        enter()
        lock.read_lock()
        lock.read_unlock()
        with lock.read():
            pass
        leave()

    reader.do(interrupt)
    reader.do(simulated.forget)
    end()


def test_waiting_readers_are_admitted_before_waiting_writers(actor: Cast) -> None:
    lock, writer, reader = RWLock(), actor(), actor()
    lock.write_lock()
    writer.begin(lock.write_lock)
    until(lambda: lock.statistics().waiting == 1)
    reader.begin(lock.read_lock)
    until(lambda: lock.statistics().waiting == 2)

    lock.write_unlock()

    reader.result()
    assert lock.statistics().readers == 1
    reader.do(lock.read_unlock)
    writer.result()
    writer.do(lock.write_unlock)


def test_recursive_readers_close_no_cycle() -> None:
    a, b = RWLock("a"), RWLock("b")

    with a.read(), b.read():
        pass
    with b.read(), a.read():
        pass

    assert found() == []


def test_readers_of_queued_locks_close_a_cycle() -> None:
    a, b = RWLock("a", queued=True), RWLock("b", queued=True)

    with a.read(), b.read():
        pass
    with b.read(), a.read():
        pass

    assert found() == ["circular"]


@pytest.mark.parametrize("side", ["read", "write"])
@pytest.mark.parametrize("variant", ["irq", "bh", "irqsave"])
def test_variants_disable_and_enable_interrupts(side: str, variant: str) -> None:
    lock = RWLock()
    off = simulated.in_softirq if variant == "bh" else simulated.irqs_disabled

    flags = getattr(lock, f"{side}_lock_{variant}")()

    assert off()
    assert lock.dep_map.is_held(side == "read") == 1
    if variant == "irqsave":
        getattr(lock, f"{side}_unlock_irqrestore")(flags)
    else:
        getattr(lock, f"{side}_unlock_{variant}")()
    assert not off()
    assert lock.dep_map.is_held() == 0
    assert found() == []


def test_irqrestore_leaves_interrupts_disabled_if_they_were() -> None:
    lock = RWLock()
    simulated.local_irq_disable()

    lock.write_unlock_irqrestore(lock.write_lock_irqsave())

    assert simulated.irqs_disabled()


@pytest.mark.parametrize("variant", ["irq", "bh", "irqsave"])
@pytest.mark.parametrize("side", ["read", "write"])
def test_a_refused_wait_leaves_interrupts_as_they_were(side: str, variant: str) -> None:
    lock = RWLock()
    lock.write_lock()

    with pytest.raises(lockdep.DeadlockError):
        getattr(lock, f"{side}_lock_{variant}")()

    assert not simulated.irqs_disabled()
    assert not simulated.in_interrupt()
    lock.write_unlock()


def test_sleeping_under_an_rwlock_is_reported() -> None:
    lock, sem = RWLock("spinning"), RWSem("sleeping")

    with sem.read(), lock.read():
        pass
    assert found() == []
    with lock.read(), sem.read():
        pass

    assert [finding.title for finding in runtime.findings()] == ["Invalid wait context"]


def test_a_writer_that_a_reading_handler_may_interrupt_is_reported() -> None:
    lock = RWLock("shared with a handler")
    simulated.hardirq_enter()
    with lock.read():
        pass
    simulated.hardirq_exit()

    with lock.write():
        pass

    assert [finding.title for finding in runtime.findings()] == ["inconsistent lock state"]


def test_a_reader_that_a_reading_handler_may_interrupt_is_fine() -> None:
    lock = RWLock("shared with a handler")
    simulated.hardirq_enter()
    with lock.read():
        pass
    simulated.hardirq_exit()

    with lock.read():
        pass
    lock.write_lock_irq()
    lock.write_unlock_irq()

    assert found() == []
