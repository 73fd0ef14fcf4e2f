"""Drop-in locks: threading's, validated. `from lockdep.threading import Lock` is all an author of new code needs.

They have every method and corner of threading's own, and its own Condition, Semaphore, Event and Barrier are built on
them, so the locks inside those are validated too. Importing this module turns validation on, if nobody has decided
otherwise.
"""

from __future__ import annotations

import _thread
import sys
import threading as _threading
from typing import Any, cast

from lockdep import runtime
from lockdep.config import load_options
from lockdep.fastpath import ExclusiveLock, RecursiveLock
from lockdep.validator.validator import Validator

__all__ = ["Barrier", "BoundedSemaphore", "Condition", "Event", "Lock", "RLock", "Semaphore"]

RAW_LOCK = _thread.LockType
RAW_RLOCK = _thread.RLock


class _DropIn(type):
    """Lets isinstance(lock, threading.Lock) say yes to real locks too: programs keep locks made before."""

    real: type

    def __instancecheck__(cls, instance: object) -> bool:
        if type(instance) is cls.real:
            return not patched_by_gevent(sys._getframe(1).f_globals)
        return type.__instancecheck__(cls, instance)


def patched_by_gevent(asking: dict[str, Any]) -> bool:
    """Return whether gevent asks, which is when it patches threading: say so. It takes only its own kind of answer."""
    if not str(asking.get("__name__")).startswith("gevent."):
        return False
    for note in runtime.greenlet_notes(patching=True):
        runtime.write_note(note)
    return True


class Lock(ExclusiveLock, metaclass=_DropIn):
    """threading.Lock, validated. `name` puts it into a class of its own making instead of its place's."""

    __slots__ = ()
    real = RAW_LOCK

    acquire_lock = ExclusiveLock.acquire
    release_lock = ExclusiveLock.release
    locked_lock = ExclusiveLock.locked


class RLock(RecursiveLock, metaclass=_DropIn):
    """threading.RLock, validated."""

    __slots__ = ()
    real = RAW_RLOCK


class Condition(_threading.Condition):
    """threading.Condition on an RLock that is validated, or on the lock given."""

    def __init__(self, lock: Any = None) -> None:
        super().__init__(cast(Any, RLock()) if lock is None else lock)


class Semaphore(_threading.Semaphore):
    """threading.Semaphore; the lock inside it is validated, its units are not."""

    def __init__(self, value: int = 1) -> None:
        super().__init__(value)
        self._cond = Condition(Lock())


class BoundedSemaphore(_threading.BoundedSemaphore):
    """threading.BoundedSemaphore; the lock inside it is validated, its units are not."""

    def __init__(self, value: int = 1) -> None:
        super().__init__(value)
        self._cond = Condition(Lock())


class Event(_threading.Event):
    """threading.Event; the lock inside it is validated."""

    def __init__(self) -> None:
        super().__init__()
        self._cond = Condition(Lock())


class Barrier(_threading.Barrier):
    """threading.Barrier; the lock inside it is validated."""

    def __init__(self, parties: int, action: Any = None, timeout: float | None = None) -> None:
        super().__init__(parties, action, timeout)
        self._cond = Condition(Lock())


if not runtime.decided():
    runtime.activate(Validator(load_options()))
