"""What Semaphore promises beyond the contract."""

from __future__ import annotations

import pytest

from lockdep import fastpath, runtime
from primitives import Completion, RWSem, Semaphore
from tests.primitives.contract import Cast, until
from tests.worlds import found, in_thread


def test_it_counts() -> None:
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


def test_it_cannot_start_below_zero() -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        Semaphore(-1)


def test_two_semaphores_close_a_cycle() -> None:
    a, b = Semaphore(1, "a"), Semaphore(1, "b")
    with a, b:
        pass
    assert found() == []

    with b, a:
        pass

    assert found() == ["circular"]


def test_a_unit_given_by_another_thread_is_held_no_longer(actor: Cast) -> None:
    semaphore, lock, other = Semaphore(1, "handed on"), RWSem("lock"), actor()
    semaphore.down()

    other.do(semaphore.up)

    with lock:  # not under the semaphore
        semaphore.down()
        semaphore.up()
    assert found() == []
    assert fastpath.thread_state().chain.depth == 0


def test_the_twin_that_still_holds_it() -> None:
    semaphore, lock = Semaphore(1, "kept"), RWSem("lock")
    with semaphore, lock:
        pass

    with lock, semaphore:
        pass

    assert found() == ["circular"]


def test_a_waiter_depends_on_what_the_giver_holds() -> None:
    lock, signal = RWSem("lock"), Semaphore(0, "signal")

    with lock:
        signal.up()
    with lock:
        signal.down()

    assert found() == ["circular"]


def test_producer_and_consumer_without_a_common_lock(actor: Cast) -> None:
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


def test_taking_the_only_unit_twice_is_found() -> None:
    semaphore = Semaphore(1)
    semaphore.down()

    assert semaphore.down_timeout(0.15) is False

    assert [finding.title for finding in runtime.findings()] == ["possible recursive locking detected"]
    semaphore.up()


def test_taking_the_only_unit_twice_when_another_thread_gives_it(actor: Cast) -> None:
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


def test_a_thread_may_end_with_a_unit_that_others_give() -> None:
    semaphore = Semaphore(2)

    in_thread(semaphore.down)

    semaphore.up()
    assert found() == []


def test_completion_and_semaphore_in_one_cycle() -> None:
    done, pool = Completion("done"), Semaphore(1, "pool")

    with pool:
        done.complete()
    with pool:
        done.wait_for_completion()

    assert found() == ["circular"]
