"""What SpinLock and Mutex have in common: an OwnedLock with the kernel's method names.

Only the holder may unlock it, and the holder must not lock it again. Both mistakes are reported, change nothing and
raise RuntimeError (DeadlockError for a recursion).

Cost: `lock` and `unlock` are the compiled methods themselves, so a known acquisition costs the same as that of an
ExclusiveLock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from lockdep.fastpath import TIMED, TRY, OwnedLock
from primitives._sections import Attempt, Section


@dataclass(frozen=True, slots=True)
class LockStatistics:
    """The state of a lock at one moment.

    waiting         threads that sleep until they have the lock
    owner           ident of the thread that holds it, or None
    acquisitions    how often it has been taken so far
    """

    waiting: int
    owner: int | None
    acquisitions: int


class Exclusive(OwnedLock):
    """A lock with one owner. It also has acquire, release, locked and `with`, like threading.Lock."""

    __slots__ = ()

    lock: ClassVar[Callable[[Any], bool]] = OwnedLock.__enter__
    unlock: ClassVar[Callable[[Any], None]] = OwnedLock.release
    is_locked: ClassVar[Callable[[Any], bool]] = OwnedLock.locked

    def lock_nested(self, subclass: int) -> None:
        """Like lock, while the thread holds another lock of the same class: take this one as `subclass`, 1 to 7."""
        self.lock_as(subclass=subclass)

    def lock_nest_lock(self, nest: Any) -> None:
        """Like lock, while the thread holds `nest`, which serialises all threads that take several of this class."""
        self.lock_as(nest=nest)

    def trylock(self) -> bool:
        """Take the lock if it is free; return whether it was taken."""
        return self.lock_as(TRY)

    def lock_timeout(self, seconds: float) -> bool:
        """Take the lock, waiting for at most `seconds`; return whether it was taken."""
        return self.lock_as(TIMED, seconds) if seconds > 0 else self.trylock()

    def nested(self, subclass: int) -> Section:
        """Return a context manager that takes the lock as lock_nested(subclass) does."""
        return Section(lambda: self.lock_nested(subclass), self.unlock)

    def trying(self) -> Attempt:
        """Return a context manager that takes the lock if it is free, and gives whether it was taken."""
        return Attempt(self.trylock, self.unlock)

    def statistics(self) -> LockStatistics:
        """Return the statistics at this moment."""
        return LockStatistics(self.waiting, self._owner, self.acquisitions)
