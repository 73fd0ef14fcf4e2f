"""A wait for a thread under a lock that another thread of its sort has taken: a warning."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lockdep import runtime
from lockdep.validator.validator import Validator
from tests.worlds import found, patched_world, program


@pytest.fixture(autouse=True)
def validator() -> Iterator[Validator]:
    with patched_world() as validator:
        yield validator
        assert validator.failures == 0, validator.book.failure


class Emitter(threading.Thread):
    """A base class that makes its threads on one line."""

    @classmethod
    def make(cls, lock: Any = None) -> Any:
        made = cls()
        made.lock = lock
        return made

    def run(self) -> None:
        if self.lock is not None:
            with self.lock:
                pass


class Observer(Emitter):
    """Another type of it."""


def make_pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1)


def ended(thread: threading.Thread) -> None:
    thread.start()
    thread.join()


def take(lock: Any) -> Callable[[], None]:
    def work() -> None:
        with lock:
            pass

    return work


def test_a_pool_made_at_the_same_place_as_one_that_took_the_lock() -> None:
    lock = threading.Lock()
    one, two = make_pool(), make_pool()
    one.submit(take(lock)).result()
    two.submit(int).result()
    one.shutdown()
    with lock:
        two.shutdown()

    assert found() == ["join?"]
    assert "made at the same place" in runtime.findings()[0].reason


def test_a_pool_made_at_another_place_is_silent() -> None:
    lock = threading.Lock()
    one, two = make_pool(), ThreadPoolExecutor(1)
    one.submit(take(lock)).result()
    two.submit(int).result()
    one.shutdown()
    with lock:
        two.shutdown()

    assert found() == []


def test_a_pool_is_silent_if_another_lock_is_held() -> None:
    lock, other = threading.Lock(), threading.Lock()
    one, two = make_pool(), make_pool()
    one.submit(take(lock)).result()
    two.submit(int).result()
    one.shutdown()
    with other:
        two.shutdown()

    assert found() == []


def test_threads_of_one_type_made_at_one_place() -> None:
    lock = threading.Lock()
    ended(Emitter.make(lock))
    thread = Emitter.make()
    thread.start()
    with lock:
        thread.join()

    assert found() == ["join?"]


def test_threads_of_different_types_made_at_one_place_are_silent() -> None:
    lock = threading.Lock()
    ended(Observer.make(lock))
    thread = Emitter.make()
    thread.start()
    with lock:
        thread.join()

    assert found() == []


def test_threads_for_different_functions_made_at_one_place_are_silent() -> None:
    lock = threading.Lock()

    def made(target: Callable[[], object]) -> threading.Thread:
        return threading.Thread(target=target)

    ended(made(take(lock)))
    thread = made(lambda: None)
    thread.start()
    with lock:
        thread.join()

    assert found() == []


def test_pools_that_were_made_before_the_first_thread(tmp_path: Path) -> None:
    source = """
import threading
from concurrent.futures import ThreadPoolExecutor
lock = threading.Lock()
def make(): return ThreadPoolExecutor(1)
def takes():
    with lock: pass
one, two, three = make(), make(), ThreadPoolExecutor(1)
one.submit(takes).result(); two.submit(int).result(); three.submit(int).result()
one.shutdown()
with lock:
    {other}.shutdown()
"""
    alike = program(tmp_path, source.format(other="two"))
    assert "0 errors, 1 warning" in alike.stderr
    assert "made at the same place" in alike.stderr
    assert "0 errors, 0 warnings" in program(tmp_path, source.format(other="three")).stderr
