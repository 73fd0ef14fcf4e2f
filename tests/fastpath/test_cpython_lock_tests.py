"""CPython's own tests of its locks, run on the drop-in classes.

The suites are those of the running interpreter, so each version brings its own corners. What the validator finds in
them is of no interest here: they release what they never took, on purpose.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest

import lockdep
from lockdep import threading
from tests.leftovers import drop_held

try:
    from test import lock_tests
except ModuleNotFoundError:  # before 8.2, pytest.importorskip takes no kind of exception
    pytest.skip("this Python comes without its test package", allow_module_level=True)


@pytest.fixture(autouse=True)
def own_validator() -> Iterator[None]:
    with lockdep.use(lockdep.Validator()):
        yield
        drop_held()  # the suites let locks die that are still locked


@contextmanager
def plain_module_name(drop_in: type) -> Iterator[None]:
    # The suites expect the repr of threading.Event: a module name without a dot.
    with mock.patch.object(drop_in, "__module__", "threading"):
        yield


class TestLock(lock_tests.LockTests):
    locktype = threading.Lock


class TestRLock(lock_tests.RLockTests):
    locktype = threading.RLock


class TestEvent(lock_tests.EventTests):
    eventtype = threading.Event

    def test_repr(self) -> None:
        with plain_module_name(threading.Event):
            super().test_repr()


class TestConditionAsRLock(lock_tests.RLockTests):
    # Condition uses an RLock by default and exports its interface.
    locktype = threading.Condition

    def test_recursion_count(self) -> None:
        self.skipTest("Condition does not export _recursion_count(), nor does threading's")


class TestCondition(lock_tests.ConditionTests):
    condtype = threading.Condition


class TestSemaphore(lock_tests.SemaphoreTests):
    semtype = threading.Semaphore

    def test_repr(self) -> None:
        with plain_module_name(threading.Semaphore):
            super().test_repr()


class TestBoundedSemaphore(lock_tests.BoundedSemaphoreTests):
    semtype = threading.BoundedSemaphore

    def test_repr(self) -> None:
        with plain_module_name(threading.BoundedSemaphore):
            super().test_repr()


class TestBarrier(lock_tests.BarrierTests):
    barriertype = threading.Barrier

    def test_repr(self) -> None:
        with plain_module_name(threading.Barrier):
            super().test_repr()
