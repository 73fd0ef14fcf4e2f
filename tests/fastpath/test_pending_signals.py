"""The exception of a signal handler that comes while a lock is taken for the first time.

Since 3.14 no with statement is there yet that would free the lock.
"""

from __future__ import annotations

import operator
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

import pytest

from lockdep.fastpath import BUILD
from lockdep.threading import Lock, RLock
from primitives import SpinLock
from tests.mishaps import Stop, times_held, tracking

ALARM = partial(signal.setitimer, signal.ITIMER_REAL, 0.001)
BURN = partial(sum, range(20_000_000))  # takes longer than the timer, and calls no handler

since_314 = pytest.mark.skipif(
    sys.version_info < (3, 14) or BUILD == "pure",
    reason="before 3.14, no handler is called between __enter__ and the body",
)


@contextmanager
def handled(handler: Callable[..., object]) -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, handler)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def take_when_pending(lock: Lock | RLock) -> None:
    """Take the lock while a signal waits to be handled; no Python code runs in between."""
    list(map(operator.call, [ALARM, BURN, lock.__enter__]))


@since_314
@pytest.mark.parametrize("kind", [Lock, RLock])
def test_an_exception_leaves_the_lock_free(kind: type[Lock | RLock]) -> None:
    def stop(*_: object) -> None:
        raise Stop

    lock = kind("lock")
    with tracking(), handled(stop):
        with pytest.raises(Stop):
            take_when_pending(lock)
        assert times_held(lock.serial) == 0
    assert lock.acquire(False)
    lock.release()


@since_314
@pytest.mark.parametrize("kind", [Lock, RLock])
def test_a_handler_that_returns_leaves_it_held(kind: type[Lock | RLock]) -> None:
    lock, held = kind("lock"), list[int]()
    with tracking(), handled(lambda *_: held.append(times_held(lock.serial))):
        take_when_pending(lock)
        assert times_held(lock.serial) == 1
        lock.release()
    assert held == [1]


# -- what docs/limitations.md lists


@pytest.mark.xfail(BUILD == "pure", strict=True, reason="CPython prints what comes out of a __del__")
def test_an_exception_while_a_lock_is_freed_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise Stop

    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    locks = [Lock("lock")]
    with handled(stop):
        with pytest.raises(Stop):
            list(map(operator.call, [ALARM, BURN, locks.clear]))


@pytest.mark.xfail(strict=True, reason="it is written in Python, in which handlers run between two steps")
def test_an_exception_while_a_lock_is_taken_with_interrupts_off() -> None:
    lock = SpinLock("lock")

    def interrupt(frame: FrameType, event: str, _: object) -> object:
        if frame.f_code is not SpinLock.lock_irqsave.__code__:
            return None
        if event == "return":
            raise Stop
        return interrupt

    before = sys.gettrace()
    sys.settrace(interrupt)
    try:
        with pytest.raises(Stop), lock.irqsave():
            pass
    finally:
        sys.settrace(before)
        held = lock.locked()
        if held:
            lock.unlock_irqrestore(True)
    assert not held
