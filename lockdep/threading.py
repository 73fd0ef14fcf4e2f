"""Drop-in locks: the locks of `threading`, validated. New code needs no more than `from lockdep.threading import Lock`.

Lock and RLock have every method and property of threading's own. Condition, Semaphore, Event and Barrier are those of
threading, built on validated locks. Importing this module switches validation on, unless `lockdep.install` or another
call has decided about that before. A lock costs about what threading's does; docs/costs.md has the figures.
"""

from __future__ import annotations

import _thread
import threading as _threading
from collections.abc import Callable
from typing import Any, ClassVar, cast

from lockdep import runtime
from lockdep.config import load_options
from lockdep.fastpath import ExclusiveLock, RecursiveLock, new_lock, new_rlock, quicken, thread_state
from lockdep.validator.validator import Validator

__all__ = ["Barrier", "BoundedSemaphore", "Condition", "Event", "Lock", "RLock", "Semaphore"]

RAW_LOCK = _thread.LockType
RAW_RLOCK = _thread.RLock


class Lock(ExclusiveLock):
    """threading.Lock, validated. A lock with a `name` is of the class of that name, not of that of its place."""

    __slots__ = ()
    __new__ = new_lock
    kind_name = "Lock"  # in the names of classes, also for the types that pass for threading's own
    stands_for = RAW_LOCK

    acquire_lock: ClassVar[Callable[..., bool]] = ExclusiveLock.acquire
    release_lock: ClassVar[Callable[[Any], None]] = ExclusiveLock.release
    locked_lock: ClassVar[Callable[[Any], bool]] = ExclusiveLock.locked


class RLock(RecursiveLock):
    """threading.RLock, validated. `name` is that of Lock."""

    __slots__ = ()
    __new__ = new_rlock
    kind_name = "RLock"
    stands_for = RAW_RLOCK


quicken(Lock)
quicken(RLock)


class Condition(_threading.Condition):
    """threading.Condition, on the lock given or on a validated RLock."""

    def __init__(self, lock: Any = None) -> None:
        super().__init__(cast(Any, RLock()) if lock is None else lock)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for a signal; whoever signals must not need a lock that this thread holds."""
        if runtime.is_active() and (timeout is None or timeout > 0):  # else it only tries
            runtime.validator().waits_for(thread_state(), self, "a condition", timed=timeout is not None)
        return super().wait(timeout)

    def notify(self, n: int = 1) -> None:
        """Wake so many of the threads that wait."""
        super().notify(n)
        if runtime.is_active():
            runtime.validator().signals(thread_state(), self)


class Semaphore(_threading.Semaphore):
    """threading.Semaphore. The lock inside it is validated, and so are waits for its units that others give."""

    def __init__(self, value: int = 1) -> None:
        super().__init__(value)
        self._cond = Condition(Lock())


class BoundedSemaphore(_threading.BoundedSemaphore):
    """threading.BoundedSemaphore. The lock inside it is validated, and so are waits for its units that others give."""

    def __init__(self, value: int = 1) -> None:
        super().__init__(value)
        self._cond = Condition(Lock())


class Event(_threading.Event):
    """threading.Event. The lock inside it is validated, and so are waits for the event."""

    def __init__(self) -> None:
        super().__init__()
        self._cond = Condition(Lock())


class Barrier(_threading.Barrier):
    """threading.Barrier. The lock inside it is validated, and so are waits for the last party."""

    def __init__(self, parties: int, action: Any = None, timeout: float | None = None) -> None:
        super().__init__(parties, action, timeout)
        self._cond = Condition(Lock())


if not runtime.decided():
    runtime.activate(Validator(load_options()))
