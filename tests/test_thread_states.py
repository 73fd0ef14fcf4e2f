"""Threads that threading does not know, and what is kept of threads that have ended."""

import _thread
import gc
import threading
from collections.abc import Iterator

import pytest

from lockdep import fastpath, runtime
from lockdep.validator import Validator
from tests.worlds import Lock, RLock, found, in_thread, nest, world


@pytest.fixture(autouse=True)
def validator() -> Iterator[Validator]:
    with world() as validator:
        yield validator
        assert validator.failures == 0, validator.book.failure


def test_threads_not_made_by_threading() -> None:
    done, lock, outer = _thread.allocate_lock(), Lock(), Lock()
    names = set(threading._active)
    done.acquire()

    def work() -> None:
        nest(outer, lock)
        nest(lock, outer)
        done.release()

    _thread.start_new_thread(work, ())
    assert done.acquire(timeout=30)

    assert found() == ["circular"]
    assert set(threading._active) <= names    # no _DummyThread was made, which would have taken locks
    assert "unnamed thread" in str(runtime.findings()[0])


def test_ten_thousand_threads_leak_nothing() -> None:
    lock, done = RLock(), _thread.allocate_lock()
    done.acquire()

    def work() -> None:
        with lock:
            pass
        done.release()

    def many(count: int) -> None:
        for _ in range(count):
            _thread.start_new_thread(work, ())
            assert done.acquire(timeout=30)

    many(100)
    runtime.collect()
    gc.collect()
    before = len(fastpath.threads())
    many(10_000)
    runtime.collect()

    assert len(fastpath.threads()) <= before + 10      # the last ones may still be ending
    assert found() == []


def test_threads_that_end_are_forgotten_without_being_asked_for() -> None:
    lock = Lock()
    for _ in range(3000):
        in_thread(lambda: nest(lock))

    assert len(fastpath.threads()) < 1000
