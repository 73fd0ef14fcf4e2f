"""The driver of each kind of lock that is only a map: all locks of the slow model, and everything that is no lock."""

from __future__ import annotations

from tests.selftest.drivers import Annotation, Completion, Driver, Exclusive, ReadWrite, RWLock, Semaphore
from tests.selftest.ww import WWContext, WWMutex

DRIVERS: dict[str, type[Driver]] = {
    "spin": Exclusive,
    "raw_spin": Exclusive,
    "mutex": Exclusive,
    "rtmutex": Exclusive,
    "local_lock": Exclusive,
    "rwlock": RWLock,
    "rwsem": ReadWrite,
    "ww_mutex": WWMutex,
    "ww_acquire_ctx": WWContext,
    "annotation": Annotation,
    "semaphore": Semaphore,
    "completion": Completion,
}


def supports(kind: str, operation: str) -> bool:
    """Return whether locks of this kind have this operation."""
    return callable(getattr(DRIVERS[kind], operation, None))
