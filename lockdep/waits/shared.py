"""Locks that several processes share: an identity that is the same in all of them, and the wait for such a lock.

One process does not know who holds such a lock, and so not whether a wait for it can end. That is seen by whoever asks
all processes, see lockdep.live.between.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from lockdep.graph.classes import LockClass
from lockdep.waits.aims import Outside


class SharedLock(Protocol):
    """A lock that several processes share, as this one knows it.

    `identity` is the same in all processes. `serial` is the one by which the threads of this process hold it.
    """

    identity: str

    @property
    def serial(self) -> int: ...

    @property
    def lock_class(self) -> LockClass | None: ...

    def state(self) -> LockState:
        """Return what of it matters to other processes."""


class LockState(NamedTuple):
    """`units` is how many threads can hold a lock at once, `free` how many of the units nobody has, -1 if not known.

    `crossed` says that somebody here has released it without holding it: then it may be anybody who ends a wait.
    """

    units: int = 1
    free: int = -1
    crossed: bool = False


_known: weakref.WeakValueDictionary[int, SharedLock] = weakref.WeakValueDictionary()


def new_identity() -> str:
    """Return an identity that no other lock of any process has."""
    return os.urandom(8).hex()


def share(lock: SharedLock) -> None:
    """Have this lock named by its identity from now on, as long as it lives."""
    _known[id(lock)] = lock


def shared_locks() -> Mapping[int, SharedLock]:
    """Return the locks that this process shares with others, by the serial by which it holds them."""
    found = [reference() for reference in _known.valuerefs()]  # other threads may add some meanwhile
    return {lock.serial: lock for lock in found if lock is not None}


class SharedAim(Outside):
    """What a thread waits for that wants such a lock."""

    __slots__ = ("lock",)

    def __init__(self, lock: SharedLock) -> None:
        self.lock: SharedLock = lock

    def text(self) -> str:
        """Return the name of the lock's class."""
        known = self.lock.lock_class
        return "a lock that is not tracked" if known is None else str(known.name)

    def place(self) -> str:
        """Return the same: it tells locks apart."""
        return self.text()
