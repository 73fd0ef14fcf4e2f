"""An exception at every point of a lock operation: the lock is in the state that its user was told, and booked so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from importlib.util import find_spec
from operator import attrgetter
from typing import Any

import pytest

from lockdep.fastpath import BUILD, ExclusiveLock
from lockdep.threading import Lock, RLock
from tests.leftovers import drop_held
from tests.mishaps import Outcome, failing_from_on, failing_once, profiled, shallow, times, traced, tracking
from tests.primitives.contract import Actor
from tests.scenes import Kind, Mishap, scenes, suffer

TAKES = {
    "acquire": attrgetter("acquire"),
    "with": attrgetter("__enter__"),
    "try": lambda lock: partial(lock.acquire, False),
    "timed": lambda lock: partial(lock.acquire, True, 60.0),
}
GIVES = {"release": attrgetter("release"), "exit": attrgetter("__exit__")}


def adopted(_name: str) -> Any:
    import _thread

    return ExclusiveLock(raw=_thread.allocate_lock())


def try_take(lock: Any) -> bool:
    return bool(lock.acquire(False))


LOCK = Kind("Lock", Lock, TAKES, GIVES, Lock.locked, try_take)
RLOCK = Kind("RLock", RLock, TAKES, GIVES, RLock._is_owned, try_take)
ADOPTED = Kind("adopted lock", adopted, TAKES, GIVES, ExclusiveLock.locked, try_take)
KINDS = [LOCK, RLOCK, ADOPTED]

compiled = pytest.mark.skipif(BUILD == "pure", reason="CPython itself does not survive it in Python code")
has_testcapi = pytest.mark.skipif(find_spec("_testcapi") is None, reason="only _testcapi makes allocations fail")


in_python = pytest.mark.xfail(
    BUILD == "pure", reason="exceptions come between two steps of the pure build", strict=True
)


@pytest.fixture
def elsewhere() -> Iterator[Callable[..., Any]]:
    actor = Actor()
    yield actor.do
    actor.end()


def suffered(mishap: Mishap, kind: Kind, elsewhere: Callable[..., Any], *also: Mishap) -> list[Outcome]:
    try:
        return [each for about, act in scenes(kind, elsewhere) for each in suffer(mishap, act, about, *also)]
    finally:
        drop_held()


@compiled
@has_testcapi
@pytest.mark.parametrize("timed", [False, True], ids=["", "times"])
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_allocations_that_fail(kind: Kind, timed: bool, elsewhere: Callable[..., Any]) -> None:
    with tracking(), times() if timed else nullcontext():
        outcomes = suffered(failing_from_on, kind, elsewhere, failing_once)

    assert len(outcomes) > 100


@in_python
@pytest.mark.parametrize("prompt", [False, True], ids=["", "prompt"])
@pytest.mark.parametrize("mishap", [traced, profiled])
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_exceptions_in_python_code(kind: Kind, mishap: Mishap, prompt: bool, elsewhere: Callable[..., Any]) -> None:
    with tracking(prompt), times():
        outcomes = suffered(mishap, kind, elsewhere)

    assert len([each for each in outcomes if each.raised]) > 10


@in_python
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_end_of_the_stack(kind: Kind, elsewhere: Callable[..., Any]) -> None:
    with tracking():
        outcomes = suffered(shallow, kind, elsewhere)

    assert any(each.raised for each in outcomes)
    if kind is not ADOPTED:  # that one calls the raw lock, and needs one level more than it
        assert not any(each.raised and each.begun for each in outcomes)
