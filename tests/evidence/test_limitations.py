"""What the rules of evidence do not know: false alarms and misses that docs/limitations.md names, each with a twin."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import lockdep
from tests.evidence.unseen import side_by_side
from tests.worlds import found, patched_world


def inversion(units: threading.Semaphore, take: int) -> list[str]:
    """Return what is found when a thread takes so many units around a lock, and another one in it."""
    lock = threading.Lock()

    def forwards() -> None:
        for _ in range(take):
            units.acquire()
        with lock:
            pass
        units.release(take)

    def backwards() -> None:
        with lock, units:
            pass

    side_by_side(forwards, backwards)
    return found()


@pytest.mark.xfail(reason="whoever gives a unit that it has not taken may do so again", strict=True)
def test_a_semaphore_that_gets_further_units_before_it_is_used() -> None:
    with patched_world():
        side_by_side(int)  # semaphores are followed since the first thread
        units = threading.Semaphore(1)
        units.release()
        assert inversion(units, take=2) == ["circular"]


def test_a_semaphore_that_has_as_many_from_the_begin() -> None:
    with patched_world():
        assert inversion(threading.Semaphore(2), take=2) == ["circular"]


@pytest.mark.xfail(reason="a thread that takes so many units hardly holds them as locks", strict=True)
def test_a_thread_that_takes_nine_units() -> None:
    with patched_world():
        assert inversion(threading.Semaphore(9), take=9) == ["circular"]


def test_a_thread_that_takes_eight_units() -> None:
    with patched_world():
        assert inversion(threading.Semaphore(8), take=8) == ["circular"]


@pytest.mark.xfail(reason="whether the object of the lock is new is not known", strict=True)
def test_a_lock_that_is_made_on_demand_for_a_new_object() -> None:
    assert taken_after_it_was_made(LazyNode) == []


def test_a_lock_that_is_made_with_its_object() -> None:
    assert taken_after_it_was_made(Node) == []


class Node:
    def __init__(self) -> None:
        self.lock = threading.Lock()


class LazyNode:
    kept = None

    @property
    def lock(self) -> Any:
        if self.kept is None:
            self.kept = threading.Lock()
        return self.kept


def taken_after_it_was_made(kind: type) -> list[str]:
    """Return what is found when a new node is locked under another lock, and then the other way round."""
    with patched_world():
        registry, nodes = threading.Lock(), []

        def make() -> None:
            with registry:
                node = kind()
                with node.lock:
                    pass
                nodes.append(node)

        def use() -> None:
            with nodes[0].lock, registry:
                pass

        side_by_side(make, use)
        return found()


@pytest.mark.xfail(reason="only the items in front of a pool's one worker count", strict=True)
def test_two_items_that_keep_two_workers_waiting_for_the_lock_of_who_waits_for_a_third() -> None:
    with patched_world():
        assert result_behind_items_of_another_submitter(workers=2) == ["join"]


def test_items_of_which_one_at_a_time_keeps_a_worker_waiting_while_the_other_one_is_free() -> None:
    with patched_world():
        assert result_behind_items_of_another_submitter(workers=2, at_once=1) == []


def test_an_item_that_keeps_the_only_worker_waiting_for_the_lock_of_who_waits_for_another() -> None:
    with patched_world():
        assert result_behind_items_of_another_submitter(workers=1) == ["join"]


def result_behind_items_of_another_submitter(workers: int, at_once: int = 2) -> list[str]:
    """Return what is found if a thread waits for an item under a lock that as many other items take as can run.

    So many of these are submitted before their results are asked for.
    """
    lock = threading.Lock()

    def take() -> None:
        with lock:
            pass

    def wait() -> None:
        with lock:
            pool.submit(int).result()

    def submit() -> None:
        for _ in range(0, workers, at_once):
            futures = [pool.submit(take) for _ in range(at_once)]
            for future in futures:
                future.result()

    with ThreadPoolExecutor(workers) as pool:
        side_by_side(submit, wait)
    return found()


@pytest.mark.xfail(reason="a thread that has the lock already is taken for one that does not wait", strict=True)
def test_two_readers_of_a_read_write_lock_who_both_want_to_write() -> None:
    assert of_two_threads(lambda lock: (lock.read(), lock.write(), lock.unlock(), lock.unlock())) == ["recursive"]


def test_two_readers_of_a_read_write_lock_who_end_before_they_write() -> None:
    assert of_two_threads(lambda lock: (lock.read(), lock.unlock(), lock.write(), lock.unlock())) == []


class Upgradable:
    """A read-write lock that lets a reader write if he is the only one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._readers: list[int] = []
        lockdep.annotate_rwlock(self, read=("read", "unlock"), write=("write", "unlock"))

    def read(self) -> None:
        with self._changed:
            self._readers.append(threading.get_ident())

    def write(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: set(self._readers) <= {threading.get_ident()})
            self._readers.append(threading.get_ident())

    def unlock(self) -> None:
        with self._changed:
            self._readers.remove(threading.get_ident())
            self._changed.notify_all()


def of_two_threads(use: Callable[[Upgradable], object]) -> list[str]:
    """Return what is found if two threads use a lock in this way."""
    with patched_world():
        lock = Upgradable()
        side_by_side(lambda: use(lock), lambda: use(lock))
        return found()
