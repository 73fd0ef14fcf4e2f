"""RCU: which uses of pointers are reported, what must not be done in a section, and where sections begin and end."""

from __future__ import annotations

import pytest

import lockdep
from lockdep import runtime
from lockdep.contexts import simulated
from lockdep.fastpath import ExclusiveLock
from primitives import rcu
from primitives.rcu import (
    RCUPointer,
    rcu_access_pointer,
    rcu_assign_pointer,
    rcu_dereference,
    rcu_dereference_bh,
    rcu_dereference_check,
    rcu_dereference_protected,
    rcu_dereference_sched,
    rcu_read_lock,
    rcu_read_lock_any_held,
    rcu_read_lock_bh_held,
    rcu_read_lock_held,
    rcu_read_lock_sched_held,
    rcu_read_side,
    rcu_read_side_bh,
    rcu_read_side_sched,
    rcu_read_unlock,
    rcu_read_unlock_sched,
    rcu_replace_pointer,
    rcu_sleep_check,
)
from tests.primitives.rcu_flavours import Flavour, Mutex, flavours
from tests.worlds import found


def titles() -> list[str]:
    return [finding.title for finding in runtime.findings()]


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
        assert simulated.preempt_count() == 2
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
