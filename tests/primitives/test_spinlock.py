"""SpinLock and RawSpinLock, beyond the contract: interrupts and bottom halves, what may be taken under which."""

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


def test_irq_variants_switch_interrupts() -> None:
    lock = SpinLock("s")

    lock.lock_irq()
    assert simulated.irqs_disabled()
    lock.unlock_irq()

    assert not simulated.irqs_disabled()


@pytest.mark.parametrize("off", [False, True], ids=["on-before", "off-before"])
def test_irqsave_leaves_them_as_they_were(off: bool) -> None:
    lock = SpinLock("s")
    if off:
        simulated.local_irq_disable()

    flags = lock.lock_irqsave()
    assert simulated.irqs_disabled()
    lock.unlock_irqrestore(flags)

    assert simulated.irqs_disabled() == off
    simulated.forget()


def test_bh_variants_switch_bottom_halves() -> None:
    lock = SpinLock("s")

    lock.lock_bh()
    assert in_softirq()
    lock.unlock_bh()

    assert not in_softirq()


def test_sections() -> None:
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


def test_a_try_that_fails_switches_nothing(actor: Cast) -> None:
    lock, other = SpinLock("s"), actor()
    other.do(lock.lock)

    assert lock.trylock_irqsave() == (False, True)
    assert lock.trylock_bh() is False
    assert not simulated.irqs_disabled()
    assert not in_softirq()

    other.do(lock.unlock)


def test_a_lock_that_fails_switches_nothing() -> None:
    lock = SpinLock("s")
    lock.lock()

    with pytest.raises(lockdep.DeadlockError):
        lock.lock_irqsave()
    with pytest.raises(lockdep.DeadlockError):
        lock.lock_bh()

    assert not simulated.irqs_disabled()
    assert not in_softirq()
    lock.unlock()


def test_shared_with_a_handler_it_needs_interrupts_off() -> None:
    lock = SpinLock("s")
    with lock:
        pass

    simulated.hardirq_enter()
    with lock:
        pass
    simulated.hardirq_exit()

    assert titles() == ["inconsistent lock state"]


def test_and_is_fine_with_them_off() -> None:
    lock = SpinLock("s")
    with lock.irqsave():
        pass

    simulated.hardirq_enter()
    with lock:
        pass
    simulated.hardirq_exit()

    assert found() == []


def test_shared_with_a_softirq_it_needs_bottom_halves_off() -> None:
    lock = SpinLock("s")
    with lock:
        pass

    simulated.softirq_enter()
    with lock:
        pass
    simulated.softirq_exit()

    assert titles() == ["inconsistent lock state"]


def test_and_is_fine_with_bottom_halves_off() -> None:
    lock = SpinLock("s")
    with lock.bh():
        pass

    simulated.softirq_enter()
    with lock:
        pass
    simulated.softirq_exit()

    assert found() == []


def test_no_spinlock_under_a_raw_one() -> None:
    raw, lock = RawSpinLock("r"), SpinLock("s")

    with raw, lock:
        pass

    assert titles() == ["Invalid wait context"]


def test_a_raw_one_under_a_spinlock_under_a_mutex() -> None:
    mutex, lock, raw = Mutex("m"), SpinLock("s"), RawSpinLock("r")

    with mutex, lock, raw:
        pass

    assert found() == []


def test_nothing_sleeps_under_it() -> None:
    lock = SpinLock("s")

    with lock:
        lockdep.might_sleep()

    assert found() == ["sleep"]


def test_after_it_sleeping_is_fine() -> None:
    lock = SpinLock("s")

    with lock:
        pass
    lockdep.might_sleep()

    assert found() == []


def test_a_handler_that_is_not_threaded_takes_raw_ones_only() -> None:
    lock = SpinLock("s")

    simulated.hardirq_enter(threaded=False)
    with lock:
        pass
    simulated.hardirq_exit()

    assert titles() == ["Invalid wait context"]


def test_there_it_may_take_a_raw_one() -> None:
    lock = RawSpinLock("r")

    simulated.hardirq_enter(threaded=False)
    with lock:
        pass
    simulated.hardirq_exit()

    assert found() == []


def test_kinds_of_one_name_are_classes_of_their_own() -> None:
    lock, raw = SpinLock("same"), RawSpinLock("same")

    with lock, raw:
        pass

    assert found() == []
