"""Completion beyond the contract: counting, and waits that depend on the completer's locks."""

from __future__ import annotations

from primitives import Completion, RWSem
from tests.primitives.contract import Cast, until
from tests.worlds import found


def test_each_complete_ends_one_wait() -> None:
    completion = Completion()
    assert not completion.try_wait_for_completion()
    completion.complete()
    completion.complete()
    assert completion.done()

    completion.wait_for_completion()
    assert completion.wait_for_completion_timeout(0)

    assert not completion.done()
    assert completion.wait_for_completion_timeout(0.001) is False


def test_one_complete_ends_the_oldest_wait_only(actor: Cast) -> None:
    completion, order = Completion(), list[int]()
    actors = [actor(), actor()]
    for number, each in enumerate(actors):
        each.begin(lambda n=number: completion.wait_for_completion() or order.append(n))
        until(lambda expected=number + 1: completion.statistics().waiting == expected)

    completion.complete()
    actors[0].result()

    assert order == [0]
    completion.complete()
    actors[1].result()


def test_complete_all_ends_all_waits_until_reinit(actor: Cast) -> None:
    completion, actors = Completion(), [actor(), actor()]
    for number, each in enumerate(actors):
        each.begin(completion.wait_for_completion)
        until(lambda expected=number + 1: completion.statistics().waiting == expected)

    completion.complete_all()
    completion.complete_all()

    for each in actors:
        each.result()
    completion.wait_for_completion()
    assert completion.done()
    completion.reinit()
    assert not completion.try_wait_for_completion()


def test_waiting_under_a_lock_that_the_completer_takes_is_reported() -> None:
    lock, completion = RWSem("lock"), Completion("completion")
    with lock:
        completion.complete()
    assert found() == []

    with lock:
        completion.wait_for_completion()

    assert found() == ["circular"]


def test_waiting_under_a_lock_that_the_completer_does_not_take_is_fine() -> None:
    one, other, completion = RWSem("one"), RWSem("other"), Completion("completion")
    with one:
        completion.complete()

    with other:
        completion.wait_for_completion()

    assert found() == []


def test_the_cycle_is_also_found_if_the_wait_comes_first() -> None:
    lock, completion = RWSem("lock"), Completion("completion")
    completion.complete()
    with lock:
        completion.wait_for_completion()
    assert found() == []

    with lock:
        completion.complete()

    assert found() == ["circular"]


def test_a_cycle_over_two_locks_is_found() -> None:
    a, b, completion = RWSem("a"), RWSem("b"), Completion("completion")
    completion.complete()
    with a:
        completion.wait_for_completion()
    with b:
        completion.complete()
    assert found() == []

    with b, a:
        pass

    assert found() == ["circular"]


def test_a_try_is_no_wait_and_closes_no_cycle() -> None:
    lock, completion = RWSem("lock"), Completion("completion")
    with lock:
        completion.complete()

    with lock:
        assert completion.try_wait_for_completion()

    assert found() == []
