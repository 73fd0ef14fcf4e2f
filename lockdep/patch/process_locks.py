"""Locks of multiprocessing: held by a thread, in a class that all processes of a run share, which excludes them all.

Orders that several processes have seen meet when their parts are merged. A fork does not take locks with it: in the
child nobody holds what the parent holds.

Another process may release a Lock. Then this one learns that when it takes the lock again; so a thread that wants a
Lock which it holds is not reported.

Each lock has an identity, which a forked child inherits and a pickled lock takes along: the name of its semaphore is
known to nobody when that was unlinked at once, and the address of the semaphore may be that of another one in a process
that was not forked. A wait is in the table of waits, so that others can be told of it.

Cost: some microseconds for each acquisition.
"""

from __future__ import annotations

import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from lockdep import fastpath, runtime
from lockdep.fastpath import TIMED, TRY, DepMap
from lockdep.graph.classes import LockClass
from lockdep.graph.creation import made_earlier
from lockdep.holders import HoldersMap
from lockdep.patch.joins import wait_as
from lockdep.rwlocks import patience
from lockdep.vocabulary.kinds import PROCESS
from lockdep.wait_types import DROP_IN
from lockdep.waits.shared import LockState, SharedAim, share

NAP = 1.0  # seconds: a signal that ends the process may be that late
_living: weakref.WeakSet[Followed] = weakref.WeakSet()


class System:
    """What this system can do: a wait with a timeout sleeps; where it does not, it would look again and again."""

    can_nap = False


class Notes:
    """Who is told that a thread of this process wants a lock, which it does not only try: the lock, and `timed`."""

    note: Callable[[Followed, bool], None] | None = None


class ProcessMap(HoldersMap):
    """What the validator knows of a lock of multiprocessing in this process."""

    __slots__ = ()
    traits = DROP_IN
    kind_name = PROCESS

    def keep(self, count: int) -> None:
        """Note that this thread holds it only so many times."""
        while self.is_held() == 1 and self.held_count() > count:
            self.release()
        mine = fastpath.thread_state().serial
        self.holders = [holder for holder in self.holders if holder != mine] + [mine] * self.held_count()


class Followed(ABC):
    """One lock of this process: the semaphore of the system, and what the validator knows of it."""

    map: DepMap

    def __init__(self, semlock: Any, map_: DepMap, identity: str) -> None:
        self.semlock = semlock
        self.map = map_
        self._old: list[DepMap] = []
        self.identity = identity
        self.crossed: bool = False  # whether somebody in this process has released it without holding it
        _living.add(self)
        share(self)

    @property
    def units(self) -> int:
        """How many threads can hold it at once."""
        return 1

    @property
    def serial(self) -> int:
        """The serial by which threads of this process hold it."""
        return self.map.serial

    @property
    def lock_class(self) -> LockClass | None:
        """The class of the lock; None if it is not tracked."""
        entry = self.map.entry
        return None if entry is fastpath.UNTRACKED else entry.lock_class

    def state(self) -> LockState:
        """Return whether it is free now, and whether it can be released by others than its holder."""
        return LockState(self.units, self.free(), self.crossed)

    @abstractmethod
    def take(self, *args: Any, **kwargs: Any) -> Any:
        """Take the lock as its own method does."""

    @abstractmethod
    def drop(self) -> None:
        """Release the lock as its own method does."""

    def take_directly(self, *args: Any, **kwargs: Any) -> Any:
        """Take a unit of a semaphore outside of a `with` statement: who gives it back is not known."""
        self.crossed = True
        return self.semlock.acquire(*args, **kwargs)

    def drop_directly(self) -> None:
        """Give back a unit of a semaphore outside of a `with` statement."""
        self.crossed = True
        self.semlock.release()

    def try_or_wait(self, ticket: Any, patient: int, args: Any = (), kwargs: Any = {}) -> Any:  # noqa: B006
        """Take it; what is new is judged before this thread waits, as that may never end."""
        if patient & TRY:
            return self.semlock.acquire(*args, **kwargs)
        if not (args or kwargs) and self.semlock.acquire(False):
            return True
        if ticket is not None and not self.free() > 0:
            self.map.contended(ticket)
        taken = False
        try:
            taken = wait_as(SharedAim(self), lambda: self._wait(args, kwargs), timed=bool(patient & TIMED))
            return taken
        finally:
            if not taken:
                self.map.gave_up(ticket)

    def _wait(self, args: Any, kwargs: Any) -> Any:
        """Wait for it. In C no signal is noticed that comes exactly when the wait begins, so a long one is cut up."""
        if args or kwargs or not System.can_nap:
            return self.semlock.acquire(*args, **kwargs)
        while not self.semlock.acquire(True, NAP):
            pass
        return True

    def free(self) -> int:
        """Return how many units nobody has, in any process; -1 where the system cannot tell."""
        try:
            return int(self.semlock._get_value())
        except (NotImplementedError, OSError):
            return -1

    def forked(self) -> None:
        """Hold nothing, in a child: what the threads of the parent hold is held by another process now."""
        self.crossed = False  # if the parent has seen that, it says so itself

    def _put_away(self, make: Callable[[], DepMap]) -> None:
        """Know the lock by a new map: in the old one are threads that are not here."""
        self._old.append(self.map)
        self.map = made_earlier(make)


class FollowedLock(Followed):
    """A Lock or RLock, or a Semaphore of one unit where it is used in `with` statements."""

    map: ProcessMap

    def take(self, *args: Any, **kwargs: Any) -> Any:
        """Take the lock as its own method does."""
        if not follows():
            return self.semlock.acquire(*args, **kwargs)
        self.look()
        patient, again = patience(args, kwargs), self.map.is_held() == 1
        mode = patient | (TRY if again else 0)  # a Lock that it holds is waited for until another process releases it
        if Notes.note is not None and not mode & TRY:
            Notes.note(self, bool(mode & TIMED))
        ticket = None if mode & TRY else self.map.acquire(mode)
        before = self.semlock._count()
        try:
            taken = self.try_or_wait(ticket, patient, args, kwargs)
            if taken:
                if again and not self.is_recursive:
                    self.map.keep(0)
                self.map.took(ticket, mode)
            return taken
        except BaseException:
            self._undo(before)
            raise

    def _undo(self, before: int) -> None:
        """Give back what was taken when an exception came, as that says that it was not taken."""
        if self.semlock._is_mine() and self.semlock._count() > before:
            self.semlock.release()
        self.look()

    def drop(self) -> None:
        """Release the lock as its own method does."""
        before = self.semlock._count()
        try:
            self.semlock.release()
        finally:
            if self.semlock._count() < before:
                self.crossed = self.crossed or fastpath.thread_state().serial not in self.map.holders
                self.map.dropped()
        runtime.judge_if_calm()

    @property
    def is_recursive(self) -> bool:
        """Whether the thread that holds it can take it again."""
        return bool(self.semlock.kind == 0)

    def look(self) -> None:
        """Note that this thread holds the lock no longer, if so.

        Another process has released it, or an exception came right after this thread had done so.
        """
        if self.map.is_held() == 1:
            is_mine = self.semlock._is_mine() and (self.is_recursive or not self.free() > 0)
            self.map.keep(self.semlock._count() if is_mine else 0)

    def forked(self) -> None:
        """Hold nothing, in a child: what the threads of the parent hold is held by another process now."""
        super().forked()
        self.map.keep(0)
        if self.map.holders:
            self._put_away(lambda: ProcessMap(self.lock_class))


def follows() -> bool:
    """Return whether what this thread does is to be followed now."""
    return runtime.is_active() and not fastpath.thread_state().off


def forked() -> None:
    """Have the locks of this process be those of a child."""
    for one in list(_living):
        one.forked()
