"""Semaphore beyond the contract: counting, units given by other threads, and lock orders."""

from __future__ import annotations

import pytest

import lockdep
from lockdep import fastpath, runtime
from primitives import Completion, Mutex, RWSem, Semaphore
from tests.primitives.contract import Cast, until
from tests.worlds import found, in_thread, world


def test_a_semaphore_counts_its_units() -> None:
    semaphore = Semaphore(2)
    semaphore.down()
    assert semaphore.down_trylock()
    assert not semaphore.down_trylock()
    assert not semaphore.down_timeout(0.001)
    assert semaphore.statistics().holders == 2
    semaphore.up()
    semaphore.up()
    semaphore.up()
    assert semaphore.count == semaphore.statistics().count == 3
    assert found() == []


def test_a_negative_count_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        Semaphore(-1)


def test_opposite_orders_of_two_semaphores_are_reported() -> None:
    a, b = Semaphore(1, "a"), Semaphore(1, "b")
    with a, b:
        pass
    assert found() == []

    with b, a:
        pass

    assert found() == ["circular"]


def test_a_unit_given_by_another_thread_is_no_longer_held(actor: Cast) -> None:
    semaphore, lock, other = Semaphore(1, "handed on"), RWSem("lock"), actor()
    semaphore.down()

    other.do(semaphore.up)

    with lock:  # this thread does not hold the semaphore any more
        semaphore.down()
        semaphore.up()
    assert found() == []
    assert fastpath.thread_state().chain.depth == 0


def test_a_unit_that_is_still_held_closes_the_cycle() -> None:
    semaphore, lock = Semaphore(1, "kept"), RWSem("lock")
    with semaphore, lock:
        pass

    with lock, semaphore:
        pass

    assert found() == ["circular"]


def test_waiting_under_a_lock_that_the_giver_holds_is_reported() -> None:
    lock, signal = RWSem("lock"), Semaphore(0, "signal")

    with lock:
        signal.up()
    with lock:
        signal.down()

    assert found() == ["circular"]


def test_a_producer_and_a_consumer_without_a_common_lock_are_fine(actor: Cast) -> None:
    items, consumer = Semaphore(0), actor()

    def consume() -> None:
        for _ in range(5):
            items.down()

    consumer.begin(consume)
    for _ in range(5):
        items.up()
    consumer.result()

    assert found() == []
    assert items.statistics().holders == 0


def test_taking_the_only_unit_twice_is_reported() -> None:
    semaphore = Semaphore(1)
    semaphore.down()

    assert semaphore.down_timeout(0.15) is False

    assert [finding.title for finding in runtime.findings()] == ["possible recursive locking detected"]
    semaphore.up()


def test_the_report_of_a_second_down_names_no_timeout(actor: Cast) -> None:
    semaphore, taker = Semaphore(1), actor()
    taker.do(semaphore.down)

    taker.begin(semaphore.down)

    until(lambda: len(runtime.findings()) == 1)
    assert "with a timeout" not in str(runtime.findings()[0])
    semaphore.up()  # it is waited for, not refused: any thread may give the unit
    taker.result()
    semaphore.up()


def test_the_report_of_a_second_down_with_a_timeout_names_it() -> None:
    semaphore = Semaphore(1)
    semaphore.down()

    assert not semaphore.down_timeout(0.15)

    assert "acquire lock with a timeout" in str(runtime.findings()[0])
    semaphore.up()


def test_taking_the_only_unit_twice_is_fine_if_another_thread_gives_it(actor: Cast) -> None:
    with world(raise_on_recursion=True):  # then the other thread has a second for it
        semaphore, other = Semaphore(1), actor()
        semaphore.down()

        def give() -> None:
            until(lambda: semaphore.statistics().waiting == 1)
            semaphore.up()

        other.begin(give)
        semaphore.down()

        other.result()
        assert found() == []
        semaphore.up()


def test_a_thread_may_end_with_a_unit_that_another_one_gives() -> None:
    semaphore = Semaphore(2)

    in_thread(semaphore.down)

    semaphore.up()
    assert found() == []


def test_a_cycle_over_a_completion_and_a_semaphore_is_reported() -> None:
    done, pool = Completion("done"), Semaphore(1, "pool")

    with pool:
        done.complete()
    with pool:
        done.wait_for_completion()

    assert found() == ["circular"]


def test_a_unit_is_given_whatever_the_validator_raises() -> None:
    with lockdep.use(lockdep.Validator(lockdep.Options(raise_on_deadlock=True))):
        mutex, semaphore = Mutex("mutex"), Semaphore(0, "semaphore")
        semaphore.up()
        with mutex:
            semaphore.down()

        with mutex, pytest.raises(lockdep.DeadlockError):
            semaphore.up()

        assert semaphore.count == 1
