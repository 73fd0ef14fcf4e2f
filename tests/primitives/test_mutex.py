"""Mutex beyond the contract: nesting, contexts in which it must not be taken, threads that end holding it."""

import gc
import sys
import threading

import pytest

import lockdep
from lockdep import runtime
from lockdep.contexts import simulated
from lockdep.validator.validator import Validator
from primitives import Mutex, SpinLock
from primitives._exclusive import LockStatistics
from tests.primitives.contract import Actor, Cast, until
from tests.worlds import found, in_thread


def family(count: int) -> list[Mutex]:
    return [Mutex("family") for _ in range(count)]


def titles() -> list[str]:
    return [finding.title for finding in runtime.findings()]


def test_a_second_mutex_of_the_class_is_reported_as_recursion() -> None:
    parent, child = family(2)

    with parent, child:
        pass

    assert found() == ["recursive"]


def test_a_second_mutex_of_the_class_as_subclass_is_fine() -> None:
    parent, child = family(2)

    with parent:
        child.lock_nested(1)
        child.unlock()

    assert found() == []


def test_a_second_mutex_of_the_class_under_a_nest_lock_is_fine() -> None:
    parent, first, second = Mutex("parent"), *family(2)

    with parent:
        first.lock_nest_lock(parent)
        second.lock_nest_lock(parent)
        second.unlock()
        first.unlock()

    assert found() == []


def test_a_nest_lock_that_is_not_held_is_reported() -> None:
    parent, child = Mutex("parent"), Mutex("child")

    child.lock_nest_lock(parent)
    child.unlock()

    assert titles() == ["Nested lock was not taken"]


def test_opposite_orders_of_two_mutexes_are_reported() -> None:
    a, b = Mutex("a"), Mutex("b")

    with a, b:
        pass
    with b, a:
        pass

    assert found() == ["circular"]


@pytest.mark.parametrize("context", ["hardirq", "softirq"])
def test_taking_a_mutex_in_a_handler_is_reported(context: str) -> None:
    mutex = Mutex("m")
    enter, leave = getattr(simulated, f"{context}_enter"), getattr(simulated, f"{context}_exit")

    enter()
    with mutex:
        pass
    leave()

    assert titles() == ["Invalid wait context"]


def test_sleeping_under_a_spinlock_is_reported() -> None:
    mutex, spinlock = Mutex("m"), SpinLock("s")

    with spinlock, mutex:
        pass

    assert titles() == ["Invalid wait context"]


def test_a_spinlock_under_a_mutex_is_fine() -> None:
    mutex, spinlock = Mutex("m"), SpinLock("s")

    with mutex, spinlock:
        pass

    assert found() == []


def test_a_thread_that_ends_while_it_holds_a_mutex_is_reported() -> None:
    mutex = Mutex("m")

    in_thread(mutex.lock)

    assert found() == ["lifetime"]


def test_a_thread_that_unlocked_its_mutex_may_end() -> None:
    mutex = Mutex("m")

    in_thread(lambda: (mutex.lock(), mutex.unlock()))

    assert found() == []


def test_a_mutex_that_is_collected_while_held_is_reported() -> None:
    mutex = Mutex("m")
    mutex.lock()

    del mutex
    gc.collect()
    with Mutex("next"):  # the next acquisition of this thread reports it
        pass

    assert titles() == ["held lock freed!"]


def test_init_of_a_held_mutex_is_reported_and_frees_it() -> None:
    mutex = Mutex("m")
    mutex.lock()

    mutex.init()

    assert not mutex.is_locked()
    with mutex:
        pass
    assert titles() == ["held lock freed!"]


def test_statistics_show_owner_waiters_and_acquisitions(actor: Cast) -> None:
    mutex, other = Mutex("m"), actor()
    mutex.lock()
    other.begin(mutex.lock)
    until(lambda: mutex.statistics() == LockStatistics(1, threading.get_ident(), 1))

    mutex.unlock()

    other.result()
    assert mutex.statistics() == LockStatistics(0, other.thread.ident, 2)
    other.do(mutex.unlock)
    assert mutex.statistics() == LockStatistics(0, None, 2)


def test_a_trylock_under_another_mutex_adds_no_dependency() -> None:
    a, b = Mutex("a"), Mutex("b")

    with a:
        assert b.trylock()
        b.unlock()
    with b, a:
        pass

    assert found() == []


def test_without_a_validator_misuse_still_raises(validator: Validator) -> None:
    with lockdep.use(Validator(lockdep.Options(enabled=False))):
        mutex = Mutex("m")
        mutex.lock()
        with pytest.raises(RuntimeError, match="wait for ever"):
            mutex.lock()
        mutex.unlock()
        with pytest.raises(RuntimeError, match="free"):
            mutex.unlock()
        assert not mutex.is_locked()
    assert validator.findings() == ()


def test_a_release_by_another_thread_leaves_the_holder_holding(actor: Cast) -> None:
    mutex, other = Mutex("m"), actor()
    mutex.lock()

    with pytest.raises(RuntimeError, match="another thread"):
        other.do(mutex.unlock)

    lockdep.assert_held(mutex)
    mutex.unlock()
    assert titles() == ["bad unlock balance detected!"]


def test_no_increment_under_contention_is_lost(actor: Cast) -> None:
    mutex, total, rounds = Mutex("m"), [0], 2000

    def add() -> None:
        for _ in range(rounds):
            with mutex:
                before = total[0]
                before += 1
                total[0] = before

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        actors: list[Actor] = [actor() for _ in range(4)]
        for each in actors:
            each.begin(add)
        for each in actors:
            each.result()
    finally:
        sys.setswitchinterval(interval)

    assert total == [4 * rounds]
    assert mutex.statistics().acquisitions == 4 * rounds
    assert found() == []
