"""Many held locks that are released out of order: what is held afterwards, and what a new lock depends on."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from lockdep import runtime
from lockdep.assertions import assert_none_held_once
from lockdep.fastpath import thread_state
from lockdep.validator.validator import Validator
from primitives import RWLock
from tests.worlds import Lock, alike, found, in_thread, world

pytestmark = pytest.mark.ends

MANY = 200  # more than the fast path walks again for each release


@pytest.fixture(autouse=True)
def validator() -> Iterator[Validator]:
    with world() as validator:
        yield validator
        assert validator.failures == 0, validator.book.failure
        assert thread_state().held() == []


def held() -> list[int]:
    return [serial for _, serial in thread_state().held()]


def take(locks: list[Any]) -> None:
    for lock in locks:
        lock.acquire()


def give(locks: list[Any]) -> None:
    for lock in locks:
        lock.release()


@pytest.mark.parametrize("seed", range(4))
def test_what_is_held_after_any_sequence(seed: int) -> None:
    random, taken = Random(seed), []
    free = [Lock(f"{seed} {index}") for index in range(MANY)]
    for _ in range(4):
        for lock in random.sample(free, random.randint(1, len(free))):
            lock.acquire()
            free.remove(lock)
            taken.append(lock)
        order = random.choice([list(taken), taken[::-1], random.sample(taken, len(taken))])
        for lock in order[: random.randint(0, len(order))]:
            lock.release()
            taken.remove(lock)
            free.append(lock)
            if random.random() < 0.1:
                assert held() == [one.serial for one in taken]
    give(taken)
    assert (held(), thread_state().chain.depth) == ([], 0)


def test_a_new_lock_depends_on_the_innermost_one_that_is_held(validator: Validator) -> None:
    locks, new = [Lock(f"{index}") for index in range(MANY)], Lock("new")
    take(locks)
    give([*locks[:100], *locks[150:]])
    with new:
        assert held() == [lock.serial for lock in [*locks[100:150], new]]
    give(locks[100:150])

    before = validator.graph.before[new.entry.lock_class]
    assert [lock_class.name for lock_class in before] == [locks[149].entry.lock_class.name]


def test_the_order_of_released_locks_is_known() -> None:
    locks = [Lock(f"{index}") for index in range(MANY)]
    take(locks)
    give(locks)
    with locks[MANY - 1], locks[0]:
        pass

    assert found() == ["circular"]


@pytest.mark.parametrize("order", [1, -1])
def test_the_last_release_is_a_calm_moment(order: int) -> None:
    locks = [Lock(f"{index}") for index in range(MANY)]
    take(locks)
    assert thread_state().sightings
    give([*locks[: MANY // 2], *locks[MANY // 2 :][::order]])
    assert not thread_state().sightings
    assert_none_held_once()

    assert found() == []


def test_locks_of_one_class() -> None:
    locks = alike(MANY)
    for order in (locks, locks[::-1], Random(1).sample(locks, MANY)):
        take(locks)
        give(order)
    with locks[-1], locks[0]:
        pass

    assert found() == ["circular"]


def test_another_thread_releases_some() -> None:
    locks = [Lock(f"{index}") for index in range(MANY)]
    take(locks)
    in_thread(lambda: give(locks[1::2]))
    give(locks[0:100:2])
    with Lock("new"):
        assert held()[:-1] == [lock.serial for lock in locks[100::2]]
    give(locks[100::2])


def test_what_another_thread_holds_is_seen_without_gaps() -> None:
    locks, me = [Lock(f"{index}") for index in range(MANY)], thread_state()
    take(locks)
    give(locks[: MANY // 2])
    seen = []
    in_thread(lambda: seen.extend(serial for _, serial in me.held()))
    give(locks[MANY // 2 :])
    assert seen == [lock.serial for lock in locks[MANY // 2 :]]


def test_a_finding_while_there_are_gaps_lists_what_is_held() -> None:
    locks, free = [Lock(f"{index}") for index in range(MANY)], Lock("free")
    take(locks)
    give(locks[:150])
    with pytest.raises(RuntimeError):
        free.release()
    give(locks[150:])

    assert found() == ["release?"]
    (finding,) = runtime.findings()
    assert [lock.serial for lock in finding.violation.where.held] == [lock.serial for lock in locks[150:]]


def test_readers_and_pins() -> None:
    locks = [RWLock(f"{index}") for index in range(MANY)]
    for lock in locks:
        lock.read_lock()
    for lock in locks[:-1]:
        lock.read_unlock()
    assert held() == [locks[-1].dep_map.serial]
    locks[-1].read_unlock()

    assert found() == []
