"""Mutex, beyond the contract: nesting, contexts it must not be taken in, the end of its holder, Ctrl-C."""

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


def test_two_of_a_class_are_recursion() -> None:
    parent, child = family(2)

    with parent, child:
        pass

    assert found() == ["recursive"]


def test_not_when_the_inner_one_is_a_subclass() -> None:
    parent, child = family(2)

    with parent:
        child.lock_nested(1)
        child.unlock()

    assert found() == []


def test_nor_when_a_held_lock_serialises_them() -> None:
    parent, first, second = Mutex("parent"), *family(2)

    with parent:
        first.lock_nest_lock(parent)
        second.lock_nest_lock(parent)
        second.unlock()
        first.unlock()

    assert found() == []


def test_a_nest_lock_has_to_be_held() -> None:
    parent, child = Mutex("parent"), Mutex("child")

    child.lock_nest_lock(parent)
    child.unlock()

    assert titles() == ["Nested lock was not taken"]


def test_ABBA() -> None:
    a, b = Mutex("a"), Mutex("b")

    with a, b:
        pass
    with b, a:
        pass

    assert found() == ["circular"]


@pytest.mark.parametrize("context", ["hardirq", "softirq"])
def test_it_is_not_taken_in_a_handler(context: str) -> None:
    mutex = Mutex("m")
    enter, leave = getattr(simulated, f"{context}_enter"), getattr(simulated, f"{context}_exit")

    enter()
    with mutex:
        pass
    leave()

    assert titles() == ["Invalid wait context"]


def test_nor_under_a_spinlock() -> None:
    mutex, spinlock = Mutex("m"), SpinLock("s")

    with spinlock, mutex:
        pass

    assert titles() == ["Invalid wait context"]


def test_a_spinlock_under_a_mutex_is_fine() -> None:
    mutex, spinlock = Mutex("m"), SpinLock("s")

    with mutex, spinlock:
        pass

    assert found() == []


def test_a_thread_that_ends_with_it_held() -> None:
    mutex = Mutex("m")

    in_thread(mutex.lock)

    assert found() == ["lifetime"]


def test_a_thread_that_ends_having_unlocked_it() -> None:
    mutex = Mutex("m")

    in_thread(lambda: (mutex.lock(), mutex.unlock()))

    assert found() == []


def test_one_that_is_collected_while_it_is_held() -> None:
    mutex = Mutex("m")
    mutex.lock()

    del mutex
    gc.collect()
    with Mutex("next"):  # this thread notices
        pass

    assert titles() == ["held lock freed!"]


def test_init_makes_it_free() -> None:
    mutex = Mutex("m")
    mutex.lock()

    mutex.init()

    assert not mutex.is_locked()
    with mutex:
        pass
    assert titles() == ["held lock freed!"]


def test_statistics(actor: Cast) -> None:
    mutex, other = Mutex("m"), actor()
    mutex.lock()
    other.begin(mutex.lock)
    until(lambda: mutex.statistics() == LockStatistics(1, threading.get_ident(), 1))

    mutex.unlock()

    other.result()
    assert mutex.statistics() == LockStatistics(0, other.thread.ident, 2)
    other.do(mutex.unlock)
    assert mutex.statistics() == LockStatistics(0, None, 2)


def test_a_try_is_no_dependency_on_what_is_held() -> None:
    a, b = Mutex("a"), Mutex("b")

    with a:
        assert b.trylock()
        b.unlock()
    with b, a:
        pass

    assert found() == []


def test_without_a_validator_it_is_still_a_lock(validator: Validator) -> None:
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


def test_a_release_where_it_does_not_belong_keeps_the_holder_s_books(actor: Cast) -> None:
    mutex, other = Mutex("m"), actor()
    mutex.lock()

    with pytest.raises(RuntimeError, match="another thread"):
        other.do(mutex.unlock)

    lockdep.assert_held(mutex)
    mutex.unlock()
    assert titles() == ["bad unlock balance detected!"]


def test_counts_are_right_under_contention(actor: Cast) -> None:
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
