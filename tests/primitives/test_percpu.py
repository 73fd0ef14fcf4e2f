"""Per-CPU data, CPU numbers, preemption counts and local locks, where each thread is a CPU."""

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import lockdep
import lockdep.threading
from lockdep import runtime
from lockdep.contexts import simulated
from lockdep.validator.validator import Validator
from primitives import LocalLock, Mutex, PerCPU, RawSpinLock, RWLock, RWSem, Semaphore, SeqLock, SpinLock
from primitives.irq import local_irq_disable, local_irq_enable
from primitives.local_lock import LocalLockStatistics
from primitives.percpu import get_cpu, put_cpu, smp_processor_id
from primitives.preempt import (
    in_atomic,
    in_interrupt,
    in_task,
    preempt_count,
    preempt_disable,
    preempt_disabled,
    preempt_enable,
    preemptible,
)
from primitives.softirq import local_bh_disable, local_bh_enable
from tests.patience import THREAD_LIMIT
from tests.primitives.contract import Cast, until
from tests.worlds import found, in_thread


def titles() -> list[str]:
    return [finding.title for finding in runtime.findings()]


def test_each_thread_has_a_value_of_its_own(actor: Cast) -> None:
    value, one, two = PerCPU(7), actor(), actor()

    one.do(value.this_cpu_write, 1)
    two.do(value.this_cpu_add, 3)

    assert one.do(value.this_cpu_read) == 1
    assert two.do(value.this_cpu_read) == 10
    assert value.this_cpu_read() == 7
    assert value.per_cpu(one.do(smp_processor_id)) == 1
    assert value.sum() == 18


def test_the_factory_makes_a_value_for_each_thread(actor: Cast) -> None:
    lists: PerCPU[list[int]] = PerCPU(factory=list)

    lists.this_cpu_read().append(1)
    with lists.get_cpu_var() as mine:
        assert not preemptible()
        mine.append(2)
    actor().do(lambda: lists.this_cpu_read().append(3))

    assert preemptible()
    assert sorted(value for _, value in lists.for_each()) == [[1, 2], [3]]


def test_operations_change_the_value_of_this_cpu() -> None:
    value: PerCPU[int] = PerCPU(0)
    value.this_cpu_inc()
    value.this_cpu_inc()
    value.this_cpu_dec()
    assert value.this_cpu_xchg(5) == 1
    assert list(value.for_each()) == [(smp_processor_id(), 5)]
    assert value.per_cpu(10_000) == 0


def test_the_value_of_a_thread_survives_its_end() -> None:
    value: PerCPU[int] = PerCPU(0)

    for _ in range(20):
        in_thread(value.this_cpu_inc)

    assert value.sum() == 20


def take_numbers(count: int) -> None:
    cast = Cast()
    for each in [cast() for _ in range(count)]:
        each.do(smp_processor_id)
    cast.end()


def test_the_numbers_of_ended_threads_are_used_again() -> None:
    take_numbers(5)  # these are free from now on, and later threads use them again
    gc.collect()
    alone = len(sys._current_frames())

    def numbers(rounds: int) -> set[int]:
        taken = set[int]()
        for _ in range(rounds):
            in_thread(lambda: taken.add(smp_processor_id()))
            until(lambda: len(sys._current_frames()) <= alone)  # a joined thread may not have ended completely
            gc.collect()
        return taken

    assert len(numbers(30)) < 5


def test_living_threads_have_different_numbers(actor: Cast) -> None:
    cast = [actor() for _ in range(5)]
    numbers = [each.do(smp_processor_id) for each in cast]

    assert len(set(numbers)) == 5
    assert [each.do(smp_processor_id) for each in cast] == numbers


def test_no_count_of_concurrent_threads_is_lost(actor: Cast) -> None:
    value: PerCPU[int] = PerCPU(0)
    cast = [actor() for _ in range(4)]
    for each in cast:
        each.begin(lambda: [value.this_cpu_inc() for _ in range(5000)])
    for each in cast:
        each.result()

    assert value.sum() == 20000


def test_sleeping_after_get_cpu_is_reported() -> None:
    assert get_cpu() == smp_processor_id()
    lockdep.might_sleep()
    put_cpu()

    assert found() == ["sleep"]


def test_after_put_cpu_sleeping_is_fine() -> None:
    get_cpu()
    put_cpu()
    lockdep.might_sleep()

    assert found() == []


# Preemption


def test_the_preemption_count_nests() -> None:
    preempt_disable()
    with preempt_disabled():
        assert preempt_count() == 2
        assert in_atomic()
    preempt_enable()

    assert preemptible()
    assert in_task()
    assert not in_interrupt()


@pytest.mark.parametrize("kind", [SpinLock, RawSpinLock, RWLock, SeqLock])
def test_a_held_spinning_lock_holds_preemption_off(kind: Any) -> None:
    lock = kind("spinning")
    with lock.write() if kind is RWLock else lock:
        assert (in_atomic(), preemptible(), preempt_count()) == (True, False, 1)
        lockdep.assert_preemption_disabled()
        assert found() == []
        lockdep.assert_preemption_enabled()
    assert not in_atomic()

    assert found() == ["assertion"]


@pytest.mark.parametrize("kind", [Mutex, RWSem])
def test_a_held_sleeping_lock_does_not(kind: Any) -> None:
    lock = kind("sleeping")
    with lock.write() if kind is RWSem else lock:
        assert (in_atomic(), preemptible()) == (False, True)
        lockdep.assert_preemption_enabled()

    assert found() == []


def with_preemption_off() -> Any:
    return preempt_disabled()


@contextmanager
def with_interrupts_off() -> Iterator[None]:
    local_irq_disable()
    yield
    local_irq_enable()


@contextmanager
def with_bottom_halves_off() -> Iterator[None]:
    local_bh_disable()
    yield
    local_bh_enable()


ATOMIC = [with_preemption_off, with_interrupts_off, with_bottom_halves_off]


@pytest.mark.parametrize("atomic", ATOMIC)
@pytest.mark.parametrize("kind", [Mutex, RWSem, Semaphore, lockdep.threading.Lock])
def test_taking_a_sleeping_lock_in_atomic_context_is_reported(kind: Any, atomic: Any) -> None:
    lock = kind(name="sleeping") if kind is not lockdep.threading.Lock else kind("sleeping")
    take = lock.write() if kind is RWSem else lock
    for _ in range(2):
        with take:
            pass
    assert found() == []
    for _ in range(2):
        with atomic(), take:
            pass

    assert titles() == ["sleeping function called from invalid context"]


@pytest.mark.parametrize("atomic", ATOMIC)
@pytest.mark.parametrize("kind", [SpinLock, RawSpinLock])
def test_taking_a_spinning_lock_there_or_trying_is_silent(kind: Any, atomic: Any) -> None:
    lock, mutex = kind("spinning"), Mutex("mutex")
    with atomic(), lock:
        pass
    with atomic():
        assert mutex.trylock()
        mutex.unlock()
    with atomic():
        pass
    with mutex:
        pass

    assert found() == []


def test_bottom_halves_are_not_enabled_with_interrupts_off() -> None:
    for interrupts_off in (False, True):
        local_bh_disable()
        if interrupts_off:
            local_irq_disable()
        local_bh_enable()
        local_irq_enable()

        assert found() == ["misuse"] * interrupts_off


def test_an_unbalanced_preempt_enable_is_reported() -> None:
    preempt_enable()

    assert titles() == ["unbalanced preempt_enable"]


def test_code_with_interrupts_off_is_not_preemptible() -> None:
    simulated.local_irq_disable()
    assert not preemptible()
    assert not in_atomic()
    simulated.local_irq_enable()


# Local locks


def test_two_threads_hold_a_local_lock_at_once(actor: Cast) -> None:
    lock, other = LocalLock("l"), actor()
    with lock:
        other.do(lock.local_lock)
        assert lock.statistics() == LocalLockStatistics(2, 2)
        other.do(lock.local_unlock)
        assert not other.do(lock.locked)
        assert lock.locked()

    assert found() == []


def test_sleeping_under_a_local_lock_is_reported() -> None:
    with LocalLock("l"):
        lockdep.might_sleep()
    assert found() == ["sleep"]
    assert preemptible()


def test_taking_a_local_lock_twice_raises_deadlock_error() -> None:
    lock = LocalLock("l")
    with lock:
        with pytest.raises(lockdep.DeadlockError):
            lock.acquire()
        assert preempt_count() == 1

    assert found() == ["recursive"]
    assert preemptible()


def test_a_local_unlock_by_another_thread_is_refused(actor: Cast) -> None:
    lock = LocalLock("l")
    with lock, pytest.raises(RuntimeError):
        actor().do(lock.local_unlock)

    assert titles() == ["bad unlock balance detected!"]
    assert preemptible()


def test_variants_disable_and_enable_interrupts_or_bottom_halves() -> None:
    lock = LocalLock("l")

    lock.local_lock_irq()
    assert simulated.irqs_disabled()
    lock.local_unlock_irq()
    flags = lock.local_lock_irqsave()
    assert simulated.irqs_disabled()
    lock.local_unlock_irqrestore(flags)
    lock.local_lock_bh()
    assert in_interrupt()
    lock.local_unlock_bh()

    assert preemptible()
    assert not in_interrupt()
    assert found() == []


def test_opposite_orders_of_local_lock_and_spinlock_are_reported() -> None:
    local, spin = LocalLock("l"), SpinLock("s")

    with local, spin:
        pass
    assert found() == []
    with spin, local:
        pass

    assert found() == ["circular"]


def test_without_a_validator_a_second_local_lock_still_raises() -> None:
    with lockdep.use(Validator(lockdep.Options(enabled=False))):
        lock = LocalLock("l")
        with lock, pytest.raises(RuntimeError, match="already"):
            lock.local_lock()
        with pytest.raises(RuntimeError, match="does not hold"):
            lock.local_unlock()
        assert preemptible()


def test_a_thread_not_started_by_threading_has_a_number() -> None:
    import _thread

    numbers, done = list[Any](), threading.Event()
    _thread.start_new_thread(lambda: (numbers.append(smp_processor_id()), done.set()), ())

    assert done.wait(THREAD_LIMIT)
    assert numbers != [smp_processor_id()]
