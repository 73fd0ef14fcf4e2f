"""Releases that fail, releases by other threads, and threads that end with locks held."""

import threading
from collections.abc import Iterator

import pytest

from lockdep import runtime
from lockdep.threading import Condition
from lockdep.validator.validator import Validator
from tests.worlds import Lock, RLock, alike, five, found, in_thread, nest, world


@pytest.fixture(autouse=True)
def validator() -> Iterator[Validator]:
    with world() as validator:
        yield validator
        assert validator.failures == 0, validator.book.failure


@pytest.mark.parametrize("kind", [Lock, RLock])
def test_releasing_a_free_lock_is_reported(kind: type) -> None:
    lock = kind()
    with pytest.raises(RuntimeError):
        lock.release()

    assert found() == ["release?"]


def test_releasing_the_rlock_of_another_thread_is_reported() -> None:
    lock = RLock()
    with lock:
        with pytest.raises(RuntimeError, match="cannot release un-acquired lock"):
            in_thread(lock.release)
        assert lock._is_owned()

    assert found() == ["release?"]
    assert "MainThread" in str(runtime.findings()[0])


def test_releasing_the_lock_of_another_thread_is_silent() -> None:
    lock = Lock()
    lock.acquire()
    in_thread(lock.release)
    assert not lock.locked()
    nest(lock)
    in_thread(lock.acquire)
    lock.release()

    assert found() == []


def test_a_lock_handed_to_another_thread_makes_no_dependencies() -> None:
    a, b, *_ = five()
    a.acquire()
    in_thread(a.release)
    nest(b)  # a is not held any more, so this makes no dependency
    nest(b, a)

    assert found() == []


def test_waiting_for_the_release_by_another_thread_is_no_recursion() -> None:
    lock = Lock()
    lock.acquire()
    in_thread(lock.release)
    lock.acquire()
    assert not lock.acquire(timeout=0.001)  # as with a signal: another thread may release it
    lock.release()

    assert found() == []


def test_a_thread_that_ends_with_an_rlock_is_an_error() -> None:
    lock = RLock()
    in_thread(lock.acquire)

    assert found() == ["lifetime"]
    assert runtime.findings()[0].grade == "certain"


def test_a_thread_that_ends_with_a_lock_is_a_warning() -> None:
    lock = Lock()
    in_thread(lock.acquire)

    assert found() == ["lifetime?"]
    lock.release()


def test_a_thread_that_releases_everything_is_silent() -> None:
    a, b, *_ = five()
    in_thread(lambda: nest(a, b, alike(1, RLock)[0]))

    assert found() == []


def test_a_thread_that_ends_with_a_lock_which_another_releases_is_silent() -> None:
    lock = Lock()
    lock.acquire()
    in_thread(lock.release)
    in_thread(lock.acquire)  # this lock is known to be handed over

    assert found() == []
    lock.release()


def test_a_condition_wakes_a_thread_without_a_finding() -> None:
    condition, ready = Condition(), []

    def wait() -> None:
        with condition:
            while not ready:
                condition.wait()

    thread = threading.Thread(target=wait)
    thread.start()
    with condition:
        ready.append(1)
        condition.notify_all()
    thread.join()

    assert found() == []
