"""Locks of multiprocessing: held by a thread, in a class that all processes of a run share, which excludes them all.

The types stay what they are: methods of the one type that Lock, RLock and Semaphore are made of are replaced, and what
an object pickles has the name of its class with it. So the lock is of the same class in a child, whether that was
forked or spawned, and orders that several processes have seen meet when their parts are merged.

A Semaphore of one unit is a lock where it is used in a `with` statement; another one is not followed. Condition, Event,
Barrier and the queues are made of these locks, and their classes are named after the place where they are made. A fork
does not take locks with it: in the child nobody holds what the parent holds.

Another process may release a Lock. Then this one learns that when it takes the lock again; so a thread that wants a
Lock which it holds is not reported.

Each lock has an identity, which a forked child inherits and a pickled lock takes along: the name of its semaphore is
known to nobody when that was unlinked at once, and the address of the semaphore may be that of another one in a process
that was not forked. A wait is in the table of waits, so that others can be told of it.

Cost: some microseconds for each acquisition.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

from lockdep import fastpath, runtime, trace
from lockdep.fastpath import TIMED, TRY
from lockdep.forks import SentState, at_fork
from lockdep.graph.classes import LockClass, registry
from lockdep.graph.creation import made_earlier
from lockdep.holders import HoldersMap
from lockdep.patch.changes import Changes
from lockdep.patch.joins import wait_as
from lockdep.rwlocks import patience
from lockdep.vocabulary.kinds import PROCESS
from lockdep.wait_types import DROP_IN
from lockdep.waits.shared import LockState, SharedAim, new_identity, share

FOLLOWED = "_lockdep_followed"  # the attribute of a lock that has its Followed
NAP = 1.0  # seconds: a signal that ends the process may be that late
_living: weakref.WeakSet[Followed] = weakref.WeakSet()


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


class Followed:
    """One lock of this process: the semaphore of the system, and what the validator knows of it."""

    def __init__(self, semlock: Any, map_: ProcessMap, identity: str) -> None:
        self.semlock = semlock
        self.map = map_
        self.identity = identity
        self._old: list[ProcessMap] = []
        self._crossed = False  # whether somebody in this process has released it without holding it
        _living.add(self)
        share(self)

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
        return LockState(1, self.free(), self._crossed)

    def take(self, *args: Any, **kwargs: Any) -> Any:
        """Take the lock as its own method does."""
        if not follows():
            return self.semlock.acquire(*args, **kwargs)
        self.look()
        patient, again = patience(args, kwargs), self.map.is_held() == 1
        mode = patient | (TRY if again else 0)  # a Lock that it holds is waited for until another process releases it
        ticket = None if mode & TRY else self.map.acquire(mode)
        before = self.semlock._count()
        try:
            taken = self._try_or_wait(ticket, patient, args, kwargs)
            if taken:
                if again and not self.is_recursive:
                    self.map.keep(0)
                self.map.took(ticket, mode)
            return taken
        except BaseException:
            self._undo(before)
            raise

    def _try_or_wait(self, ticket: Any, patient: int, args: Any, kwargs: Any) -> Any:
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
        if args or kwargs or not _Here.can_nap:
            return self.semlock.acquire(*args, **kwargs)
        while not self.semlock.acquire(True, NAP):
            pass
        return True

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
                self._crossed = self._crossed or fastpath.thread_state().serial not in self.map.holders
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

    def free(self) -> int:
        """Return 1 if nobody holds it, in any process, 0 if somebody does, -1 where the system cannot tell."""
        try:
            return int(self.semlock._get_value())
        except (NotImplementedError, OSError):
            return -1

    def forked(self) -> None:
        """Hold nothing, in a child: what the threads of the parent hold is held by another process now."""
        self._crossed = False  # if the parent has done that, it says so itself
        self.map.keep(0)
        if self.map.holders:  # threads that are not here; what counts them is put away
            self._old.append(self.map)
            self.map = made_earlier(lambda: ProcessMap(self.lock_class))


def follows() -> bool:
    """Return whether what this thread does is to be followed now."""
    return runtime.is_active() and not fastpath.thread_state().off


def follow_processes(changes: Changes, synchronize: ModuleType) -> None:
    """Follow the locks that are made from now on, or that come from another process."""
    for name in ("synchronize", "context", "queues"):
        trace.hide(str(synchronize.__file__).replace("synchronize", name), maker=name == "queues")
    replace_methods(changes, synchronize.SemLock)
    _Here.can_nap = bool(synchronize._multiprocessing.flags.get("HAVE_SEM_TIMEDWAIT"))
    if not _Here.hooked:
        _Here.hooked = True
        at_fork(after_in_child=forked)


class _Here:
    """What is so in this process."""

    hooked = False  # the hook for forks is set, which cannot be taken back
    can_nap = False  # a wait with a timeout sleeps; else it would look again and again


def forked() -> None:
    for one in list(_living):
        one.forked()


def replace_methods(changes: Changes, semlock: Any) -> None:
    """Replace the methods of the type that all these locks are made of."""
    changes.rebind(semlock, "__init__", around_init(semlock.__init__))
    changes.rebind(semlock, "__enter__", around_enter(semlock.__enter__))
    changes.rebind(semlock, "__exit__", around_exit(semlock.__exit__))
    changes.rebind(semlock, "__getstate__", around_getstate(semlock.__getstate__))
    changes.rebind(semlock, "__setstate__", around_setstate(semlock.__setstate__))


def follow(lock: Any, made: Callable[[], ProcessMap], identity: str) -> None:
    """Follow one lock: its methods `acquire` and `release` are attributes of the object."""
    followed = Followed(lock._semlock, made(), identity)
    vars(lock)[FOLLOWED] = followed
    if not hasattr(lock, "get_value"):  # as semaphores have it, whose units somebody else may give back
        lock.acquire, lock.release = followed.take, followed.drop


def around_init(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def __init__(self: Any, kind: int, value: int, maxvalue: int, *, ctx: Any) -> None:
        original(self, kind, value, maxvalue, ctx=ctx)
        if runtime.is_active() and value == 1:
            follow(self, ProcessMap, new_identity())

    return __init__


def around_enter(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def __enter__(self: Any) -> Any:
        followed: Followed | None = vars(self).get(FOLLOWED)
        return original(self) if followed is None else followed.take()

    return __enter__


def around_exit(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def __exit__(self: Any, *raised: Any) -> Any:
        followed: Followed | None = vars(self).get(FOLLOWED)
        return original(self, *raised) if followed is None else followed.drop()

    return __exit__


def around_getstate(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def __getstate__(self: Any) -> Any:
        state = original(self)
        followed: Followed | None = vars(self).get(FOLLOWED)
        if followed is None or followed.lock_class is None or not runtime.is_active():
            return state
        return SentState(state, followed.lock_class.name, followed.identity)

    return __getstate__


def around_setstate(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def __setstate__(self: Any, state: Any) -> None:
        original(self, tuple(state))
        if isinstance(state, SentState) and runtime.is_active():
            name = state.lock_class
            follow(self, lambda: made_earlier(lambda: ProcessMap(sent_class(name))), state.identity)

    return __setstate__


def sent_class(name: str) -> LockClass:
    """Return the class of the locks that another process has sent, by its name there."""
    return registry.register_named(PROCESS, name, (FOLLOWED, name), DROP_IN)
