"""An exception of the program in the middle of the validator's work: it comes out, and no finding is lost by it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from lockdep import fastpath, runtime
from lockdep.validator.validator import Validator
from tests.injection import Injector
from tests.worlds import Lock, nest, world

pytestmark = pytest.mark.ends

STRIDE = 13


class Stop(BaseException):
    """What no `except Exception` catches."""


def close_a_cycle(error: BaseException, number: int) -> tuple[Injector, Validator]:
    """Raise an exception at a point of what follows the acquisition that closes a cycle."""
    with world() as validator, open(os.devnull, "w") as nowhere:
        runtime.report_to(nowhere.fileno())
        a, b = Lock("a"), Lock("b")
        nest(a, b)
        with Injector(number, error) as injector:
            nest(b, a)
        left = (a.locked(), b.locked(), fastpath.thread_state().held(), fastpath.thread_state().busy)
        assert left == (False, False, [], 0), injector.hit
        assert not validator._graph_lock.locked(), injector.hit
        nest(b, a)
        return injector, validator


def points(error: Callable[[], BaseException], first: int, stride: int) -> Iterator[tuple[Injector, Validator]]:
    """Yield what came of an exception at each point, until there are no more points."""
    number = first
    while True:
        injector, validator = close_a_cycle(error(), number)
        if injector.hit is None:
            return
        yield injector, validator
        number += stride


OWN = pytest.mark.xfail(fastpath.BUILD == "pure", reason="while it records, the pure build takes it for its own")
KINDS = [Stop, TimeoutError, *[pytest.param(kind, marks=OWN) for kind in (RecursionError, MemoryError)]]


@pytest.mark.parametrize("error", KINDS)
def test_an_exception_at_any_point_comes_out_and_loses_no_finding(error: Callable[[], BaseException]) -> None:
    hits = 0
    for injector, validator in points(error, len(error.__name__), STRIDE):
        hits += 1
        assert injector.raised, injector.hit
        assert [finding.slug for finding in validator.findings()] == ["circular"], injector.hit
        assert not validator.failures, injector.hit
    assert hits > 10


def test_what_was_judged_stays_judged_when_exceptions_come_again_and_again() -> None:
    with world():
        hold, locks = Lock("hold"), [Lock(f"lock {number}") for number in range(60)]
        hold.acquire()
        for lock in locks:
            nest(lock)
        waiting = len(fastpath.thread_state().sightings)
        with Injector(2500, Stop()) as injector:
            hold.release()
        left = len(fastpath.thread_state().sightings)

        assert waiting > 40
        assert injector.raised
        assert 0 < left < waiting
        nest(hold)
        assert not fastpath.thread_state().sightings
