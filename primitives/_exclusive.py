"""What SpinLock and Mutex have in common: OwnedLock under the kernel's names.

`lock` and `unlock` are the compiled methods themselves, so a known acquisition costs what ExclusiveLock's does. Only
the holder may unlock, and it never locks again: anything else is a finding and a RuntimeError (DeadlockError for a
recursion), and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lockdep.fastpath import TIMED, TRY, OwnedLock


@dataclass(frozen=True, slots=True)
class LockStatistics:
    """waiting: the threads that sleep until they have it; owner: the ident of its holder, if it has one."""

    waiting: int
    owner: int | None
    acquisitions: int


class Exclusive(OwnedLock):
    """A lock with one owner. Also has acquire, release, locked and `with`, as threading.Lock."""

    __slots__ = ()

    lock = OwnedLock.__enter__
    unlock = OwnedLock.release
    is_locked = OwnedLock.locked

    def lock_nested(self, subclass: int) -> None:
        """As lock, under another lock of the same class: as that subclass, 1 to 7."""
        self.lock_as(subclass=subclass)

    def lock_nest_lock(self, nest: Any) -> None:
        """As lock; `nest` is held and serialises all who take several locks of this class."""
        self.lock_as(nest=nest)

    def trylock(self) -> bool:
        """Take the lock if it is free now."""
        return self.lock_as(TRY)

    def lock_timeout(self, seconds: float) -> bool:
        """Take the lock; return False if it was not free for so many seconds."""
        return self.lock_as(TIMED, seconds) if seconds > 0 else self.trylock()

    def statistics(self) -> LockStatistics:
        """Return a picture of this moment."""
        return LockStatistics(self.waiting, self._owner, self.acquisitions)
