"""Waiting for a thread while holding a lock that it takes, and harmless variants of that.

The thread has always ended before the wait begins, so nothing can hang, and the locks that it took are known.
"""

import gc
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lockdep import runtime
from lockdep.graph.runs import Run
from lockdep.validator.validator import Validator
from tests.patience import THREAD_LIMIT
from tests.worlds import Lock, alike, five, found, nest, patched_world


@pytest.fixture(autouse=True)
def validator() -> Iterator[Validator]:
    with patched_world() as validator:
        yield validator
        assert validator.failures == 0, validator.book.failure


def over(function: Callable[[], object], kind: type = threading.Thread) -> Any:
    """Return a thread that has run this function to its end, and that nobody has joined."""
    ended = threading.Event()

    class Watched(kind):
        def run(self) -> None:
            try:
                super().run()
            finally:
                ended.set()

    thread = Watched(target=function)
    thread.start()
    ended.wait()
    return thread


def test_join_under_a_lock_that_the_thread_took_is_reported() -> None:
    lock = Lock()
    thread = over(lambda: nest(lock))
    with lock:
        thread.join()

    assert found() == ["join"]


def test_join_with_nothing_held_is_silent() -> None:
    lock = Lock()
    thread = over(lambda: nest(lock))
    thread.join()
    nest(lock)

    assert found() == []


def test_join_under_a_lock_that_the_thread_did_not_take_is_silent() -> None:
    a, b, *_ = five()
    thread = over(lambda: nest(b))
    with a:
        thread.join()
    nest(a, b)

    assert found() == []


def test_join_under_another_instance_of_the_class_is_silent() -> None:
    mine, its = alike(2)
    thread = over(lambda: nest(its))
    with mine:
        thread.join()

    assert found() == []


def test_join_with_a_timeout_is_a_stall() -> None:
    lock = Lock()
    thread = over(lambda: nest(lock))
    with lock:
        thread.join(THREAD_LIMIT)

    assert found() == ["join?"]
    assert runtime.findings()[0].grade == "stall"


def test_untimed_join_after_a_timed_one_is_an_error() -> None:
    lock = Lock()

    def stop(timeout: float | None) -> None:
        thread = over(lambda: nest(lock))
        with lock:
            thread.join(timeout)

    stop(30)
    stop(None)

    assert found() == ["join"]


def test_join_that_times_out_is_silent() -> None:
    lock, go = Lock(), threading.Event()

    def work() -> None:
        nest(lock)
        go.wait()

    thread = threading.Thread(target=work)
    thread.start()
    with lock:
        thread.join(0.001)
    go.set()
    thread.join()

    assert found() == []


def test_join_makes_a_dependency_that_closes_a_cycle() -> None:
    a, b, *_ = five()
    thread = over(lambda: nest(b))
    with a:
        thread.join()  # a -> b: whoever holds a waits for one who takes b
    assert found() == []
    nest(b, a)

    assert found() == ["circular"]
    assert "wait for what takes" in str(runtime.findings()[0])


def test_join_of_a_thread_that_took_another_lock_by_trylock_is_silent() -> None:
    lock = Lock()

    def work() -> None:
        assert lock.acquire(False)
        lock.release()

    thread = over(work)
    with lock:
        thread.join()

    assert found() == []


def test_join_of_a_subclass_of_thread_is_reported() -> None:
    lock = Lock()

    class Worker(threading.Thread):
        def __init__(self) -> None:
            super().__init__(name="worker")
            self.ended = threading.Event()

        def run(self) -> None:
            nest(lock)
            self.ended.set()

    worker = Worker()
    worker.start()
    worker.ended.wait()
    with lock:
        worker.join()

    assert found() == ["join"]
    assert "worker" in str(runtime.findings()[0])


def test_join_of_a_timer_is_reported() -> None:
    lock, ended = Lock(), threading.Event()
    timer = threading.Timer(0, lambda: (nest(lock), ended.set()))
    timer.start()
    ended.wait()
    with lock:
        timer.join()

    assert found() == ["join"]


def test_run_that_takes_more_locks_than_are_remembered() -> None:
    """Beyond the bound a run remembers classes of locks: they close cycles, but a join alone is no finding."""
    with patched_world(max_instances=3):
        many, (last, outer, *_) = alike(5), five()
        thread = over(lambda: [nest(lock) for lock in [*many, last]])
        with outer:
            thread.join()
        with many[4]:
            thread.join()
        assert found() == []
        nest(last, outer)

        assert found() == ["circular"]


def test_a_join_looks_at_no_other_thread(validator: Validator, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, begun, go_on = Lock(), threading.Barrier(4), threading.Event()
    looked_at: list[object] = []  # the joined thread, twice if it is forgotten meanwhile

    def work() -> None:
        nest(lock)
        begun.wait()
        go_on.wait()

    others = [threading.Thread(target=work) for _ in range(3)]
    for other in others:
        other.start()
    begun.wait()
    thread = over(lambda: nest(lock))
    monkeypatch.setattr(validator, "judge_other", looked_at.append)
    thread.join()
    monkeypatch.undo()
    go_on.set()
    for other in others:
        other.join()

    assert len(set(looked_at)) <= 1


def test_what_a_thread_has_taken_goes_with_it_without_a_collection() -> None:
    def runs() -> int:
        return sum(type(each) is Run for each in gc.get_objects())

    lock = Lock()
    gc.collect()
    gc.disable()
    try:
        before = runs()
        threads = [threading.Thread(target=nest, args=(lock,)) for _ in range(5)]
        for thread in threads:
            thread.start()
            thread.join()
        assert runs() == before + 5, "another thread can wait for it still"
        del thread
        threads.clear()
        assert runs() == before
    finally:
        gc.enable()
