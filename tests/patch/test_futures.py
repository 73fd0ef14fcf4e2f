"""Waiting for a work item or an executor while holding a lock that an item takes, and harmless variants of that.

The item has always ended before the wait begins, so nothing can hang, and the locks that it took are known.
"""

import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent import futures as package
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor
from typing import Any

import pytest

from lockdep.validator.validator import Validator
from tests.patch.test_joins import over
from tests.worlds import Lock, alike, five, found, nest, patched_world


@pytest.fixture(autouse=True)
def validator() -> Iterator[Validator]:
    with patched_world() as validator:
        yield validator
        assert validator.failures == 0, validator.book.failure


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def finished(pool: ThreadPoolExecutor, function: Callable[[], object]) -> "Future[Any]":
    """Submit a function and return its future when it is done. Nobody has asked the future: a later item has run."""
    future = pool.submit(function)
    passed = threading.Event()
    pool.submit(passed.set)
    passed.wait()
    return future


@pytest.mark.parametrize("ask", ["result", "exception"])
def test_result_under_a_lock_that_the_item_took_is_reported(pool: ThreadPoolExecutor, ask: str) -> None:
    lock = Lock()
    future = finished(pool, lambda: nest(lock))
    with lock:
        getattr(future, ask)()

    assert found() == ["join"]


@pytest.mark.parametrize("ask", ["result", "exception"])
def test_result_with_a_timeout_is_a_stall(pool: ThreadPoolExecutor, ask: str) -> None:
    lock = Lock()
    future = finished(pool, lambda: nest(lock))
    with lock:
        getattr(future, ask)(30)

    assert found() == ["join?"]


def test_result_of_an_item_that_failed_is_reported(pool: ThreadPoolExecutor) -> None:
    lock = Lock()

    def work() -> None:
        nest(lock)
        raise KeyError("no")

    future = finished(pool, work)
    with lock, pytest.raises(KeyError, match="no"):
        future.result()

    assert found() == ["join"]


def test_result_after_the_lock_is_silent(pool: ThreadPoolExecutor) -> None:
    lock = Lock()
    future = finished(pool, lambda: nest(lock))
    nest(lock)
    future.result()

    assert found() == []


def test_result_under_another_instance_is_silent(pool: ThreadPoolExecutor) -> None:
    mine, its = alike(2)
    future = finished(pool, lambda: nest(its))
    with mine:
        future.result()

    assert found() == []


def test_results_of_different_items_are_not_confused(pool: ThreadPoolExecutor) -> None:
    a, b, *_ = five()
    first = finished(pool, lambda: nest(a))
    second = finished(pool, lambda: nest(b))
    with b:
        first.result()
    second.result()

    assert found() == []


def test_future_known_to_be_done_is_silent(pool: ThreadPoolExecutor) -> None:
    lock = Lock()
    futures = [finished(pool, lambda: nest(lock)) for _ in range(4)]
    assert futures[0].done()
    package.wait(futures[1:2], return_when=FIRST_COMPLETED)
    (third,) = package.as_completed(futures[2:3])
    futures[3].result()
    with lock:
        futures[0].result()
        futures[1].exception()
        third.result()
        futures[3].result()

    assert found() == []


@pytest.mark.parametrize("late", [False, True])
def test_result_in_a_callback_of_the_future_is_silent(pool: ThreadPoolExecutor, late: bool) -> None:
    """A callback runs in the worker, or in the thread that adds it if the future is done already."""
    lock, go, told = Lock(), threading.Event(), threading.Event()

    def callback(future: "Future[Any]") -> None:
        with lock:
            future.result()
        told.set()

    if late:
        finished(pool, lambda: nest(lock)).add_done_callback(callback)
    else:
        pool.submit(lambda: (nest(lock), go.wait())).add_done_callback(callback)
        go.set()
    told.wait()

    assert found() == []


def test_result_of_a_future_without_an_executor_is_silent() -> None:
    lock, future = Lock(), Future()
    over(lambda: (nest(lock), future.set_result(1))).join()
    with lock:
        assert future.result() == 1

    assert found() == []


def test_result_after_done_returned_false_is_reported(pool: ThreadPoolExecutor) -> None:
    lock, go = Lock(), threading.Event()
    future = pool.submit(lambda: (go.wait(), nest(lock)))
    assert not future.done()
    go.set()
    passed = threading.Event()
    pool.submit(passed.set)
    passed.wait()
    with lock:
        future.result()

    assert found() == ["join"]


def test_shutdown_under_a_lock_that_an_item_took_is_reported() -> None:
    lock, pool = Lock(), ThreadPoolExecutor(1)
    finished(pool, lambda: nest(lock))
    with lock:
        pool.shutdown(wait=True)

    assert found() == ["join"]


def test_shutdown_without_waiting_is_silent() -> None:
    lock, pool = Lock(), ThreadPoolExecutor(1)
    finished(pool, lambda: nest(lock))
    with lock:
        pool.shutdown(wait=False)
    for thread in pool._threads:
        thread.join()

    assert found() == []


def test_map_under_a_lock_that_the_items_took_is_reported(pool: ThreadPoolExecutor) -> None:
    lock = Lock()
    results = pool.map(lambda _: nest(lock), range(2))
    passed = threading.Event()
    pool.submit(passed.set)
    passed.wait()
    with lock:
        list(results)

    assert found() == ["join"]


def test_map_with_nothing_held_is_silent(pool: ThreadPoolExecutor) -> None:
    lock = Lock()
    list(pool.map(lambda _: nest(lock), range(3)))
    nest(lock)

    assert found() == []


def test_locks_of_an_item_count_for_a_join_of_its_thread() -> None:
    lock, pool = Lock(), ThreadPoolExecutor(1)
    finished(pool, lambda: nest(lock)).result()
    (worker,) = pool._threads
    pool.shutdown(wait=False)
    worker.join()
    with lock:
        worker.join()  # its own join, after one that held nothing

    assert found() == ["join"]


def test_wait_for_the_first_exception_is_silent(pool: ThreadPoolExecutor) -> None:
    done = finished(pool, lambda: None)  # wait asks it for its exception while it holds the conditions of all
    package.wait([done], return_when=package.FIRST_EXCEPTION)

    assert found() == []


def test_as_completed_keeps_no_future_alive(pool: ThreadPoolExecutor) -> None:
    futures = [finished(pool, lambda: None)]
    for future in package.as_completed(futures):
        futures.remove(future)
        alive = weakref.ref(future)
        del future
        assert alive() is None


def test_result_that_timed_out_is_not_known_to_be_done(pool: ThreadPoolExecutor) -> None:
    lock, go = Lock(), threading.Event()
    future = pool.submit(lambda: (go.wait(), nest(lock)))
    with pytest.raises(TimeoutError):
        future.result(timeout=0)
    go.set()
    passed = threading.Event()
    pool.submit(passed.set)
    passed.wait()
    with lock:
        future.result()

    assert found() == ["join"]


def run_with_callback(pool: ThreadPoolExecutor, item: Callable[[], object], callback: Callable[[], object]) -> Any:
    """Run an item that has a callback, both to their ends; return its future, which nobody has asked."""
    begin, passed = threading.Event(), threading.Event()
    future = pool.submit(lambda: (begin.wait(), item()))
    future.add_done_callback(lambda _: (callback(), passed.set()))
    begin.set()
    passed.wait()
    return future


def test_a_result_waits_for_no_callback(pool: ThreadPoolExecutor) -> None:
    lock = Lock()
    future = run_with_callback(pool, bool, lambda: nest(lock))
    with lock:
        future.result()

    assert found() == []


def test_a_result_waits_for_what_the_item_took_before_its_callbacks(pool: ThreadPoolExecutor) -> None:
    lock = Lock()
    future = run_with_callback(pool, lambda: nest(lock), bool)
    with lock:
        future.result()

    assert found() == ["join"]


@pytest.mark.parametrize(("workers", "expected"), [(1, ["join"]), (2, [])])
def test_the_next_item_of_the_only_worker_waits_for_the_callbacks(workers: int, expected: list[str]) -> None:
    lock = Lock()
    with ThreadPoolExecutor(workers) as pool:
        run_with_callback(pool, bool, lambda: nest(lock))
        future = finished(pool, bool)
        with lock:
            future.result()

    assert found() == expected


@pytest.mark.parametrize("in_callback", [True, False])
def test_a_signal_of_a_callback_needs_no_lock_that_the_item_took(pool: ThreadPoolExecutor, in_callback: bool) -> None:
    lock, ready = Lock(), threading.Event()
    works = [lambda: nest(lock), ready.set]
    run_with_callback(pool, *works) if in_callback else finished(pool, lambda: [work() for work in works])
    ready.clear()
    with lock:
        ready.wait(0.01)

    assert bool(found()) is not in_callback
