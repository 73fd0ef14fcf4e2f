"""The contract of all primitives: each claim is tested on every adapter that makes it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import lockdep
from lockdep import lock_stat, runtime
from tests.patience import THREAD_LIMIT
from tests.primitives.contract import Actor, Adapter, Cast, all_adapters, until
from tests.worlds import found

EVERY = all_adapters()
EXCLUSIVE = [each for each in EVERY if not each.shared]
Any_actor = Callable[[], Actor]


def claim(adapters: list[Adapter]) -> Any:
    return pytest.mark.parametrize("way", adapters, ids=str)


def waiters(lock: Any, actors: list[Actor], action: Callable[[int], Any]) -> None:
    """Make these actors wait for the lock, one after the other."""
    for number, actor in enumerate(actors):
        actor.begin(action, number)
        until(lambda expected=number + 1: lock.statistics().waiting == expected)


@claim(EVERY)
def test_a_held_lock_cannot_be_taken_by_another_thread(way: Adapter, actor: Cast) -> None:
    lock = way.blocked()

    assert actor().do(way.try_take, lock) is False
    way.free(lock)
    other = actor()
    assert other.do(way.try_take, lock) is True
    other.do(way.give, lock)
    assert found() == []


@claim(EVERY)
def test_a_failed_try_changes_no_statistics(way: Adapter, actor: Cast) -> None:
    lock = way.blocked()
    before = lock.statistics()

    actor().do(way.try_take, lock)

    assert lock.statistics() == before
    way.free(lock)


@claim(EVERY)
def test_a_waiter_takes_the_lock_when_it_is_given_back(way: Adapter, actor: Cast) -> None:
    lock = way.blocked()
    other = actor()
    waiters(lock, [other], lambda _: way.take(lock))

    way.free(lock)

    other.result()
    other.do(way.give, lock)
    assert lock.statistics().waiting == 0


@claim([each for each in EVERY if not each.event])
def test_a_wait_is_counted_and_timed_once(way: Adapter, actor: Cast) -> None:
    lock_stat.clear()
    lock_stat.start()
    try:
        lock, other = way.blocked(), actor()
        waiters(lock, [other], lambda _: way.take(lock))
        way.free(lock)
        other.result()
        other.do(way.give, lock)
        waited = [one for one in lock_stat.lock_stats() if one.contentions]
    finally:
        lock_stat.stop()
        lock_stat.clear()

    assert [(one.contentions, one.wait and one.wait.count, one.timeouts) for one in waited] == [(1, 1, 0)]


@claim([each for each in EXCLUSIVE if each.fifo])
def test_waiters_are_served_in_the_order_in_which_they_came(way: Adapter, actor: Cast) -> None:
    lock, order = way.blocked(), list[int]()

    def pass_through(number: int) -> None:
        way.take(lock)
        order.append(number)
        way.give(lock)

    actors = [actor() for _ in range(4)]
    waiters(lock, actors, pass_through)
    way.free(lock)
    for each in actors:
        each.result()

    assert order == [0, 1, 2, 3]


@claim([each for each in EXCLUSIVE if each.fifo and not each.event])
def test_a_thread_that_keeps_taking_it_again_lets_a_waiter_in(way: Adapter, actor: Cast) -> None:
    lock, other, took = way.make(), actor(), threading.Event()

    def pass_through(_: int) -> None:
        way.take(lock)
        took.set()
        way.give(lock)

    way.take(lock)
    waiters(lock, [other], pass_through)
    deadline = time.monotonic() + THREAD_LIMIT
    while not took.is_set():
        assert time.monotonic() < deadline, "the waiter starves"
        way.give(lock)
        way.take(lock)
        time.sleep(0.0005)
    way.give(lock)
    other.result()
    assert found() == []


@claim([each for each in EVERY if each.shared and each.block is not None])
def test_all_waiting_sharers_are_admitted_at_once(way: Adapter, actor: Cast) -> None:
    lock = way.blocked()
    actors = [actor(), actor()]
    waiters(lock, actors, lambda _: way.take(lock))

    way.free(lock)

    for each in actors:
        each.result()  # all are in, though none has given it back yet
    for each in actors:
        each.do(way.give, lock)
    assert actors[0].do(way.try_take, lock)
    actors[0].do(way.give, lock)


@claim([each for each in EVERY if each.timed])
def test_a_timed_wait_returns_false_after_its_timeout(way: Adapter, actor: Cast) -> None:
    assert way.timed is not None
    lock, other = way.blocked(), actor()

    assert other.do(way.timed, lock, 0.005) is False
    assert other.do(way.timed, lock, 0) is False

    assert lock.statistics().waiting == 0
    way.free(lock)
    assert other.do(way.timed, lock, 0.005) is True
    other.do(way.give, lock)
    assert found() == []


@claim([each for each in EXCLUSIVE if each.timed])
def test_a_wait_that_timed_out_does_not_block_the_next_waiter(way: Adapter, actor: Cast) -> None:
    assert way.timed is not None
    lock, hasty, patient = way.blocked(), actor(), actor()
    hasty.begin(way.timed, lock, 0.05)
    until(lambda: lock.statistics().waiting == 1)
    patient.begin(way.take, lock)
    assert hasty.result() is False

    until(lambda: lock.statistics().waiting == 1)
    way.free(lock)

    patient.result()
    patient.do(way.give, lock)


@claim([each for each in EVERY if each.owned])
def test_a_release_by_another_thread_is_reported_and_refused(way: Adapter, actor: Cast) -> None:
    lock = way.make()
    way.take(lock)

    with pytest.raises(RuntimeError):
        actor().do(way.give, lock)

    assert [finding.title for finding in runtime.findings()] == ["bad unlock balance detected!"]
    assert way.shared or actor().do(way.try_take, lock) is False
    way.give(lock)


@claim([each for each in EVERY if each.owned])
def test_a_release_of_a_free_lock_is_reported_and_refused(way: Adapter, actor: Cast) -> None:
    lock = way.make()

    with pytest.raises(RuntimeError):
        way.give(lock)

    assert [finding.title for finding in runtime.findings()] == ["bad unlock balance detected!"]
    other = actor()
    assert other.do(way.try_take, lock)
    other.do(way.give, lock)


@claim([each for each in EXCLUSIVE if not each.owned])
def test_another_thread_may_give_back_what_has_no_owner(way: Adapter, actor: Cast) -> None:
    lock = way.make()
    way.take(lock)

    other = actor()
    other.do(way.give, lock)

    way.take(lock)
    assert other.do(way.try_take, lock) is False
    way.give(lock)
    assert found() == []


@claim([each for each in EVERY if each.section])
def test_a_section_holds_the_lock_and_releases_it_on_an_exception(way: Adapter, actor: Cast) -> None:
    assert way.section is not None
    lock, other = way.make(), actor()
    with contextlib.suppress(KeyError), way.section(lock):
        assert way.shared or other.do(way.try_take, lock) is False
        raise KeyError

    assert other.do(way.try_take, lock)
    other.do(way.give, lock)
    assert found() == []


@claim([each for each in EVERY if each.recursion == "deadlock"])
def test_taking_a_lock_twice_raises_deadlock_error(way: Adapter, actor: Cast) -> None:
    lock = way.make()
    way.take(lock)
    before = lock.statistics()

    with pytest.raises(lockdep.DeadlockError):
        way.take(lock)

    assert found() == ["recursive"]
    assert lock.statistics() == before
    way.give(lock)
    other = actor()
    assert other.do(way.try_take, lock)
    other.do(way.give, lock)


@claim([each for each in EVERY if each.shared and each.owned])
def test_a_second_shared_hold_is_a_finding_only_if_it_could_deadlock(way: Adapter) -> None:
    lock = way.make()

    way.take(lock)
    way.take(lock)
    way.give(lock)
    way.give(lock)

    assert found() == ([] if way.recursion is None else [way.recursion])


@claim([each for each in EVERY if each.recursion == "deadlock"])
def test_the_statistics_name_the_owner(way: Adapter, actor: Cast) -> None:
    lock = way.make()
    assert lock.statistics().owner is None
    other = actor()
    other.do(way.take, lock)

    assert lock.statistics().owner == other.thread.ident

    other.do(way.give, lock)
    assert lock.statistics().owner is None


@claim([each for each in EVERY if each.drop_in])
def test_it_can_replace_a_threading_lock(way: Adapter, actor: Cast) -> None:
    lock, other = way.make(), actor()
    assert lock.acquire()
    assert lock.locked()
    assert other.do(lock.acquire, False) is False
    assert other.do(lock.acquire, True, 0.005) is False
    with pytest.raises(ValueError, match="timeout"):
        lock.acquire(False, 1)
    lock.release()
    with lock:
        assert lock.locked()
    assert not lock.locked()

    assert found() == []


@claim([each for each in EVERY if each.drop_in])
def test_a_threading_condition_can_use_it(way: Adapter, actor: Cast) -> None:
    condition, other = threading.Condition(way.make()), actor()

    def wait() -> bool:
        with condition:
            return condition.wait(THREAD_LIMIT)

    other.begin(wait)
    until(lambda: condition._waiters)  # type: ignore[attr-defined]
    with condition:
        condition.notify_all()

    assert other.result()
    assert found() == []


@claim([each for each in EVERY if each.interruptible])
def test_an_interruptible_wait_without_a_signal_takes_the_lock(way: Adapter, actor: Cast) -> None:
    assert way.interruptible is not None
    lock, other = way.blocked(), actor()
    other.begin(way.interruptible, lock)
    until(lambda: lock.statistics().waiting == 1)
    way.free(lock)
    other.result()
    other.do(way.give, lock)
