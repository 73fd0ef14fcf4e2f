"""Semaphores of threading: they do what they did before, and what the validator keeps of them is bounded.

How what is found of them is graded is in the corpus of tests/evidence, real deadlocks are in tests/waits.
"""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from lockdep import fastpath
from lockdep.patch.semaphores import units_of
from lockdep.patch.units import MOST_HELD, MOST_MINE, Units
from lockdep.validator.validator import Validator
from lockdep.vocabulary.grades import EXCUSED
from tests.worlds import Lock, found, in_thread, nest, patched_world

KINDS = pytest.mark.parametrize("kind", [threading.Semaphore, threading.BoundedSemaphore])


@pytest.fixture(autouse=True)
def validator() -> Iterator[Validator]:
    with patched_world() as validator:
        in_thread(int)  # semaphores are followed since the first thread
        yield validator
        assert validator.failures == 0, validator.book.failure


def known(semaphore: Any) -> Units:
    units = units_of(semaphore)
    assert units is not None
    return units


def depth() -> int:
    return fastpath.thread_state().chain.depth


@KINDS
def test_acquire_and_release_do_what_they_did(kind: Any) -> None:
    units = kind(2)

    assert units.acquire()
    assert units.acquire(timeout=5)
    assert not units.acquire(False)
    assert not units.acquire(blocking=False)
    assert not units.acquire(timeout=0.01)
    assert not units.acquire(timeout=0)
    with pytest.raises(ValueError, match="timeout"):
        units.acquire(False, 1)
    assert depth() == 2
    with pytest.raises(ValueError, match="n must be"):
        units.release(0)
    units.release(n=2)
    assert depth() == 0
    with units as taken:
        assert taken is True
        assert depth() == 1
    assert depth() == 0
    assert found() == []


def test_too_many_releases_of_a_bounded_one_change_nothing() -> None:
    units = threading.BoundedSemaphore(1)
    units.acquire()
    units.release()
    with pytest.raises(ValueError, match="released too many times"):
        units.release()

    assert not known(units).seen.given_away


def test_a_subclass_with_methods_of_its_own() -> None:
    class Counting(threading.Semaphore):
        count = 0

        def acquire(self, *args: Any, **kwargs: Any) -> bool:
            self.count += 1
            return super().acquire(*args, **kwargs)

        __enter__ = acquire  # type: ignore[assignment]

        def release(self, n: int = 1) -> None:
            self.count -= 1
            super().release(n)

    units = Counting(2)
    with units:
        assert (units.count, depth()) == (1, 1)
    assert (units.count, depth()) == (0, 0)
    assert known(units).holders == []


def test_a_unit_that_another_thread_gives_is_held_by_nobody_from_then_on() -> None:
    units, lock = threading.Semaphore(2), Lock()
    units.acquire()
    in_thread(units.release)
    with lock:
        assert depth() == 1
    units.acquire()
    assert depth() == 0
    units.release()
    units.release()
    assert known(units).seen.given_away
    assert known(units).holders == []


@pytest.mark.parametrize("count", [0, 2])
def test_one_that_was_made_before_lockdep_was_installed_may_be_an_event(count: int) -> None:
    units = threading.Semaphore(count)
    del units._lockdep_units  # type: ignore[attr-defined]
    units.release()
    with units:
        assert depth() == 0


def test_one_that_began_without_units_is_an_event() -> None:
    units = threading.Semaphore(0)
    units.release()
    with units:
        assert depth() == 0


@pytest.mark.parametrize("count", [MOST_MINE + 1, 200])
def test_a_thread_that_takes_many_units_takes_them_as_signals(count: int) -> None:
    units = threading.Semaphore(count)
    for _ in range(count):
        units.acquire()
    with Lock():
        pass

    assert depth() == 0
    assert known(units).seen.given_away


def test_what_was_held_around_a_unit_is_forgotten() -> None:
    units, lock = threading.Semaphore(2), Lock()
    with lock, units, units:
        assert known(units).under
    assert known(units).under == {}


def test_a_unit_that_is_given_under_a_later_lock_makes_a_signal() -> None:
    units, other, lock = threading.Semaphore(), threading.Semaphore(), Lock()
    units.acquire()
    other.acquire()
    units.release()
    other.release()
    assert not known(units).seen.given_away
    units.acquire()
    with lock:
        units.release()
    assert known(units).seen.given_away
    assert not known(other).seen.given_away


def test_a_thread_holds_no_units_beside_many_locks() -> None:
    semaphores = [threading.Semaphore() for _ in range(2 * MOST_HELD)]
    for units in semaphores:
        units.acquire()
    assert depth() == MOST_HELD
    for units in semaphores:
        units.release()
    assert depth() == 0


def test_what_was_found_of_a_signal_is_excused(validator: Validator) -> None:
    units, lock = threading.Semaphore(1), Lock()

    def forwards() -> None:
        units.acquire()
        nest(lock)
        units.release()

    def backwards() -> None:
        with lock:
            units.acquire()
            units.release()

    in_thread(forwards)
    in_thread(backwards)
    assert found() == ["circular"]
    in_thread(units.release)
    assert found() == []
    (finding,) = validator.findings()
    assert (finding.grade, finding.excuses[0][:10]) == (EXCUSED, "given away")


def test_semaphores_in_a_ring_that_are_signals_are_excused() -> None:
    one, other = [threading.Semaphore() for _ in range(2)]

    def take(first: threading.Semaphore, second: threading.Semaphore) -> None:
        first.acquire()
        second.acquire()
        second.release()
        first.release()

    in_thread(lambda: take(one, other))
    in_thread(lambda: take(other, one))
    assert found() == ["circular"]
    in_thread(one.release)
    assert found() == []


def test_what_a_signal_was_seen_with_is_not_in_a_snapshot() -> None:
    from lockdep.live.taking import snapshot

    units, signal, lock = threading.Semaphore(), threading.Semaphore(), Lock()
    for each in (units, signal):
        each.acquire()
        nest(lock)
        each.release()
    before = len(snapshot().dependencies)
    in_thread(signal.release)

    assert len(snapshot().dependencies) == before - 2  # on the other lock, and on the one inside it


def test_an_exception_while_a_try_is_noted_gives_the_unit_back(monkeypatch: pytest.MonkeyPatch) -> None:
    units = threading.Semaphore(1)

    def fail(_units: Units, _patience: int) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Units, "begin", fail)
        with pytest.raises(KeyboardInterrupt):
            units.acquire(blocking=False)
    assert units.acquire(blocking=False)
    units.release()
