"""SpinLock and RawSpinLock beyond the contract: interrupts, bottom halves, and which lock may be taken under which."""

import pytest

import lockdep
from lockdep import runtime
from lockdep.contexts import simulated
from primitives import Mutex, RawSpinLock, SpinLock
from primitives.preempt import in_softirq
from tests.primitives.contract import Cast
from tests.worlds import found


def titles() -> list[str]:
    return [finding.title for finding in runtime.findings()]


def test_irq_variants_disable_and_enable_interrupts() -> None:
    lock = SpinLock("s")

    lock.lock_irq()
    assert simulated.irqs_disabled()
    lock.unlock_irq()

    assert not simulated.irqs_disabled()


@pytest.mark.parametrize("off", [False, True], ids=["on-before", "off-before"])
def test_irqrestore_restores_the_interrupt_state(off: bool) -> None:
    lock = SpinLock("s")
    if off:
        simulated.local_irq_disable()

    flags = lock.lock_irqsave()
    assert simulated.irqs_disabled()
    lock.unlock_irqrestore(flags)

    assert simulated.irqs_disabled() == off
    simulated.forget()


def test_bh_variants_disable_and_enable_bottom_halves() -> None:
    lock = SpinLock("s")

    lock.lock_bh()
    assert in_softirq()
    lock.unlock_bh()

    assert not in_softirq()


def test_sections_hold_the_lock_with_interrupts_or_bottom_halves_disabled() -> None:
    lock = SpinLock("s")
    with lock.irq():
        assert simulated.irqs_disabled()
    with lock.irqsave():
        assert simulated.irqs_disabled()
    with lock.bh():
        assert in_softirq()

    assert not simulated.irqs_disabled()
    assert not in_softirq()
    assert not lock.locked()


def test_a_failed_try_leaves_interrupts_and_bottom_halves_enabled(actor: Cast) -> None:
    lock, other = SpinLock("s"), actor()
    other.do(lock.lock)

    assert lock.trylock_irqsave() == (False, True)
    assert lock.trylock_bh() is False
    assert not simulated.irqs_disabled()
    assert not in_softirq()

    other.do(lock.unlock)


def test_a_refused_lock_leaves_interrupts_and_bottom_halves_enabled() -> None:
    lock = SpinLock("s")
    lock.lock()

    with pytest.raises(lockdep.DeadlockError):
        lock.lock_irqsave()
    with pytest.raises(lockdep.DeadlockError):
        lock.lock_bh()

    assert not simulated.irqs_disabled()
    assert not in_softirq()
    lock.unlock()


def test_a_lock_shared_with_a_handler_needs_interrupts_disabled() -> None:
    lock = SpinLock("s")
    with lock:
        pass

    simulated.hardirq_enter()
    with lock:
        pass
    simulated.hardirq_exit()

    assert titles() == ["inconsistent lock state"]


def test_a_lock_shared_with_a_handler_is_fine_with_interrupts_disabled() -> None:
    lock = SpinLock("s")
    with lock.irqsave():
        pass

    simulated.hardirq_enter()
    with lock:
        pass
    simulated.hardirq_exit()

    assert found() == []


def test_a_lock_shared_with_a_softirq_needs_bottom_halves_disabled() -> None:
    lock = SpinLock("s")
    with lock:
        pass

    simulated.softirq_enter()
    with lock:
        pass
    simulated.softirq_exit()

    assert titles() == ["inconsistent lock state"]


def test_a_lock_shared_with_a_softirq_is_fine_with_bottom_halves_disabled() -> None:
    lock = SpinLock("s")
    with lock.bh():
        pass

    simulated.softirq_enter()
    with lock:
        pass
    simulated.softirq_exit()

    assert found() == []


def test_a_spinlock_under_a_raw_one_is_reported() -> None:
    raw, lock = RawSpinLock("r"), SpinLock("s")

    with raw, lock:
        pass

    assert titles() == ["Invalid wait context"]


def test_a_raw_spinlock_under_a_spinlock_under_a_mutex_is_fine() -> None:
    mutex, lock, raw = Mutex("m"), SpinLock("s"), RawSpinLock("r")

    with mutex, lock, raw:
        pass

    assert found() == []


def test_sleeping_under_a_spinlock_is_reported() -> None:
    lock = SpinLock("s")

    with lock:
        lockdep.might_sleep()

    assert found() == ["sleep"]


def test_sleeping_after_a_spinlock_is_fine() -> None:
    lock = SpinLock("s")

    with lock:
        pass
    lockdep.might_sleep()

    assert found() == []


def test_a_spinlock_in_a_handler_that_is_not_threaded_is_reported() -> None:
    lock = SpinLock("s")

    simulated.hardirq_enter(threaded=False)
    with lock:
        pass
    simulated.hardirq_exit()

    assert titles() == ["Invalid wait context"]


def test_a_raw_spinlock_in_a_handler_that_is_not_threaded_is_fine() -> None:
    lock = RawSpinLock("r")

    simulated.hardirq_enter(threaded=False)
    with lock:
        pass
    simulated.hardirq_exit()

    assert found() == []


def test_a_spinlock_and_a_raw_one_of_the_same_name_are_two_classes() -> None:
    lock, raw = SpinLock("same"), RawSpinLock("same")

    with lock, raw:
        pass

    assert found() == []
