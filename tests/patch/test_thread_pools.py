"""Thread pools of multiprocessing: what they do is seen as before, and their results are those of the program.

How waits for their results are graded is in the corpus of tests/evidence, real deadlocks are in tests/waits.
"""

import gc
import traceback
import weakref
from collections.abc import Iterator
from multiprocessing.pool import ThreadPool
from typing import Any

import pytest

from lockdep.patch.thread_pools import MOST_RUNS, WorkItems, items_of
from lockdep.validator.validator import Validator
from tests.worlds import Lock, alike, found, nest, patched_world


@pytest.fixture(autouse=True)
def validator() -> Iterator[Validator]:
    with patched_world() as validator:
        yield validator
        assert validator.failures == 0, validator.book.failure


@pytest.fixture
def pool() -> Iterator[ThreadPool]:
    with ThreadPool(2) as pool:
        yield pool


def double(number: int = 1, **named: int) -> int:
    return 2 * number + sum(named.values())


def test_all_methods_return_what_they_did(pool: ThreadPool) -> None:
    called: list[object] = []

    assert pool.apply(double, (3,), {"items": 1, "function": 2}) == 9
    assert pool.map(double, range(5), 2) == [0, 2, 4, 6, 8]
    assert pool.starmap(double, [(1,), (2,)]) == [2, 4]
    assert list(pool.imap(double, range(5))) == list(pool.imap(double, range(5), 2)) == [0, 2, 4, 6, 8]
    assert sorted(pool.imap_unordered(double, range(5))) == [0, 2, 4, 6, 8]
    assert pool.map(double, []) == []
    assert pool.apply_async(func=double, callback=called.append).get() == 2
    assert called == [2]
    assert found() == []


def test_exceptions_come_out_as_they_did(pool: ThreadPool) -> None:
    failed: list[BaseException] = []

    def fail(_number: object = None) -> None:
        raise KeyError("item")

    for ask in (lambda: pool.apply(fail), lambda: pool.map(fail, [1]), lambda: next(pool.imap(fail, [1]))):
        with pytest.raises(KeyError, match="item"):
            ask()
    result: Any = pool.apply_async(fail, error_callback=failed.append)
    with pytest.raises(KeyError) as raised:
        result.get()
    assert failed == [raised.value]
    assert "fail" in [frame.name for frame in traceback.extract_tb(raised.value.__traceback__)]


def test_nothing_of_what_is_done_stays_alive(pool: ThreadPool) -> None:
    class Thing: ...

    thing = Thing()
    alive = weakref.ref(thing)
    assert pool.apply(lambda given: given is not None, (thing,))
    pool.apply(int)
    pool.apply(int)
    del thing
    gc.collect()
    assert alive() is None


def test_what_is_done_is_freed_without_the_collector(pool: ThreadPool) -> None:
    lock = Lock()
    gc.collect()
    gc.disable()
    try:
        for _ in range(50):
            pool.apply_async(nest, (lock,), callback=lambda _: nest(lock)).get()
        left = sum(isinstance(one, WorkItems) for one in gc.get_objects())
    finally:
        gc.enable()

    assert left < 10  # those of the last results, which the threads of the pool may still have


def test_of_many_items_a_bounded_number_is_kept(pool: ThreadPool) -> None:
    locks = alike(2 * MOST_RUNS)
    result: Any = pool.map_async(lambda lock: nest(lock), locks, 1)
    result.wait()
    items = items_of(result)

    assert items is not None
    assert len(items.runs) == len(items.back) == MOST_RUNS
    assert items.going == []


def test_items_that_take_the_same_locks_are_one_run(pool: ThreadPool) -> None:
    lock = Lock()
    result: Any = pool.map_async(lambda _: nest(lock), range(20), 1)
    result.wait()
    items = items_of(result)

    assert items is not None
    assert 1 <= len(items.runs) <= 2


def test_each_part_of_several_results_is_waited_for_once(pool: ThreadPool) -> None:
    lock, other = Lock(), Lock()
    results = pool.imap(lambda _: nest(lock), range(2))
    next(results)
    next(results)
    with other, pytest.raises(StopIteration):
        next(results)
    items = items_of(results)

    assert items is not None
    assert items.runs == []
    assert found() == []


def test_pools_made_at_two_places_are_not_alike() -> None:
    lock = Lock()
    with ThreadPool(1) as one:
        one.apply(lambda: nest(lock))
        one.close()
        one.join()
    other = ThreadPool(1)
    other.close()
    with lock:
        other.join()

    assert found() == []


def test_pools_made_at_one_place_are() -> None:
    lock = Lock()

    def made() -> ThreadPool:
        return ThreadPool(1)

    one, other = made(), made()
    one.apply(lambda: nest(lock))
    other.apply(int)
    for each in (one, other):
        each.close()
    one.join()
    with lock:
        other.join()

    assert found() == ["join?"]
