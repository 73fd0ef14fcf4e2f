"""`with installed():` leaves the validator in force that was before it."""

from __future__ import annotations

import threading

import lockdep
from lockdep import runtime
from lockdep.threading import Lock
from tests.worlds import found, nest, world


def invert() -> None:
    a, b = Lock(), Lock()
    nest(a, b)
    nest(b, a)


def test_findings_made_before_it_are_kept() -> None:
    with world():
        invert()
        with lockdep.installed():
            assert found() == ["circular"]
            lock = threading.Lock()
            assert isinstance(lock, Lock)
        assert found() == ["circular"]


def test_findings_are_made_after_it() -> None:
    with world():
        with lockdep.installed():
            pass
        assert found() == []
        invert()
        assert found() == ["circular"]


def test_options_are_of_a_validator_of_its_own() -> None:
    with world() as validator:
        invert()
        with lockdep.installed(strict=True):
            assert runtime.validator() is not validator
            assert found() == []
        assert runtime.validator() is validator


def test_nothing_is_tracked_after_it_if_nothing_was_before() -> None:
    with world():
        runtime.deactivate()
        with lockdep.installed():
            assert runtime.is_active()
        assert not runtime.is_active()
