"""Read-write locks of other packages, as locks that the validator knows: a reader shares it, a writer has it alone.

Such a lock is built from locks of `threading`, which are its own business: what happens inside its methods is not
tracked. Orders in which it is only read are excused until somebody is seen to write. Cost: some microseconds for each
call of a method, and nothing for locks that are not annotated.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from lockdep import fastpath, runtime
from lockdep.annotations import paused
from lockdep.fastpath import BLOCKING, READ, RECURSIVE_READ, TIMED, TRY, UNTRACKED, ExclusiveLock
from lockdep.graph.classes import LockClass, registry
from lockdep.graph.creation import made_earlier
from lockdep.holders import HoldersMap
from lockdep.kept import kept
from lockdep.wait_types import DROP_IN

__all__ = ["annotate_rwlock"]

MAP = "_lockdep_rwlock"  # the attribute of a lock that is its RWMap
_SWITCHES = ("blocking", "block", "wait")  # names of arguments that are false for a try

Names = tuple[str, str] | str
FindMap = Callable[[Any], "RWMap | None"]
Replacement = tuple[str, Callable[..., Any]]


@kept
class RWMap(HoldersMap):
    """What the validator knows of one read-write lock. `read_mode` says how it is read."""

    __slots__ = ("read_mode",)
    traits = DROP_IN
    kind_name = "RWLock"

    def __init__(self, lock_class: LockClass | None = None, *, fair: bool) -> None:
        super().__init__(lock_class)
        self.read_mode = READ if fair else RECURSIVE_READ

    def take(self, mode: int, call: Callable[[], Any], *, can_fail: bool = True) -> Any:
        """Take it in a mode by this call; return what the call returns. False means that it was not taken.

        A thread that holds it already does not wait: either the lock allows that, or it raises an error.
        """
        mode |= TRY if self.is_held() == 1 else 0
        ticket = None if mode & TRY else self.acquire(mode)
        taken = False
        try:
            with paused():
                answer = call()
            taken = not (can_fail and answer is False)
        finally:
            if not taken:
                self.gave_up(ticket)
        if taken:
            self.took(ticket, mode)
        return answer

    def drop(self, call: Callable[[], Any]) -> Any:
        """Release it by this call; return what the call returns."""
        with paused():
            answer = call()
        self.dropped()
        runtime.judge_if_calm()
        return answer


def annotate_rwlock(lock: Any, *, read: Names, write: Names, fair: bool = True) -> None:
    """Say that an object is a read-write lock, or that all objects of a class are, and by which methods it is taken.

    `read` and `write` are each a pair of names, of the method that takes the lock and of the one that releases it; or
    the name of a method that returns a context manager. A method that returns False has not taken the lock; one that
    gets False as its first argument, or as `blocking`, `block` or `wait`, does not wait; a number as `timeout`, or as
    first argument, is a limit in seconds. `fair`: a reader waits behind a writer that waits; without it, readers go
    first. Call it before the lock is used, for an object in its constructor best. The methods are replaced in the
    class, for good. AttributeError if one is missing, TypeError if the objects have no attributes of their own.
    """
    owner = lock if isinstance(lock, type) else type(lock)
    if not getattr(owner, "__dictoffset__", 0):
        raise TypeError(f"{owner.__name__} objects have no attributes of their own")
    if lock is owner:
        replacements = class_replacements(owner, read, write, fair=fair)
    else:
        vars(lock)[MAP] = RWMap(fair=fair)
        replacements = method_replacements(owner, read, write, own_map)
    for name, method in list(replacements):
        setattr(owner, name, method)


def own_map(lock: Any) -> RWMap | None:
    """Return the RWMap that a lock has, if it has one."""
    found: RWMap | None = vars(lock).get(MAP)
    return found


def class_replacements(owner: type, read: Names, write: Names, *, fair: bool) -> Iterator[Replacement]:
    """Yield the methods of a class by which each of its locks is followed."""
    yield "__init__", making(constructor(owner), fair=fair)
    yield from method_replacements(owner, read, write, finding_map(fair=fair))


def constructor(owner: type) -> Callable[..., None]:
    """Return the constructor of a class, which may be inherited."""
    found: Callable[..., None] = getattr(owner, "__init__")  # noqa: B009 - not what a subclass may have put there
    return found


def finding_map(*, fair: bool) -> FindMap:
    """Return a function that returns the RWMap of a lock. One that was made before it was followed gets it there."""

    def find(lock: Any) -> RWMap:
        if MAP not in vars(lock):
            vars(lock).setdefault(MAP, made_earlier(lambda: RWMap(earlier_class(lock), fair=fair)))
        found: RWMap | None = vars(lock)[MAP]
        if found is None:  # the lock is a copy of another one
            vars(lock).pop(MAP, None)
            return find(lock)
        return found

    return find


def earlier_class(lock: Any) -> LockClass:
    """Return the class of a lock that was made before it was followed: that of the first lock inside it."""
    for inner in vars(lock).values():
        mine = getattr(inner, "_lock", inner)
        if isinstance(mine, ExclusiveLock) and mine.entry is not UNTRACKED:
            return class_like(mine.entry.lock_class)
    return registry.register_named(RWMap.kind_name, type(lock).__qualname__, (MAP, type(lock)), DROP_IN)


def class_like(inner: LockClass) -> LockClass:
    """Return the class of read-write locks that are made where locks of the class `inner` are made."""
    return registry.register_named(RWMap.kind_name, lambda: inner.name, (MAP, inner), DROP_IN)


def making(original: Callable[..., None], *, fair: bool) -> Callable[..., None]:
    """Return a constructor that gives the lock its RWMap, of the class of the place where the lock is made."""

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if runtime.is_active() and MAP not in vars(self):
            vars(self)[MAP] = RWMap(fair=fair)

    return __init__


def method_replacements(owner: type, read: Names, write: Names, find: FindMap) -> Iterator[Replacement]:
    """Yield the methods of a class by which a lock is followed. `find` gets the lock."""
    done: set[str] = set()
    for names, reads in ((read, True), (write, False)):
        if isinstance(names, str):
            yield names, entering(getattr(owner, names), find, reads=reads)
            continue
        take, drop = names
        yield take, taking(getattr(owner, take), find, reads=reads)
        if drop not in done:
            done.add(drop)
            yield drop, dropping(getattr(owner, drop), find)


def followed(lock: Any, find: FindMap) -> RWMap | None:
    """Return the RWMap of a lock if what this thread does with it is to be followed now.

    Inside a method of such a lock nothing is followed.
    """
    return None if fastpath.thread_state().off or not runtime.is_active() else find(lock)


def taking(method: Callable[..., Any], find: FindMap, *, reads: bool) -> Callable[..., Any]:
    """Return a method that takes the lock, and says so."""

    @functools.wraps(method)
    def take(self: Any, *args: Any, **kwargs: Any) -> Any:
        rwlock = followed(self, find)
        if rwlock is None:
            return method(self, *args, **kwargs)
        mode = (rwlock.read_mode if reads else BLOCKING) | patience(args, kwargs)
        return rwlock.take(mode, lambda: method(self, *args, **kwargs))

    return take


def dropping(method: Callable[..., Any], find: FindMap) -> Callable[..., Any]:
    """Return a method that releases the lock, and says so."""

    @functools.wraps(method)
    def drop(self: Any, *args: Any, **kwargs: Any) -> Any:
        rwlock = followed(self, find)
        if rwlock is None:
            return method(self, *args, **kwargs)
        return rwlock.drop(lambda: method(self, *args, **kwargs))

    return drop


def entering(method: Callable[..., Any], find: FindMap, *, reads: bool) -> Callable[..., Any]:
    """Return a method that returns a context manager, which takes the lock, and says so."""

    @functools.wraps(method)
    def enter(self: Any, *args: Any, **kwargs: Any) -> Any:
        made = method(self, *args, **kwargs)
        rwlock = followed(self, find)
        if rwlock is None:
            return made
        return Section(made, rwlock, (rwlock.read_mode if reads else BLOCKING) | patience(args, kwargs))

    return enter


class Section:
    """A context manager, or a lock for one side of a read-write lock, which says when it takes and releases it."""

    __slots__ = ("_inner", "_mode", "_rwlock")

    def __init__(self, inner: Any, rwlock: RWMap, mode: int) -> None:
        self._inner = inner
        self._rwlock = rwlock
        self._mode = mode

    def __enter__(self) -> Any:
        return self._rwlock.take(self._mode, self._inner.__enter__, can_fail=False)

    def __exit__(self, *raised: Any) -> Any:
        return self._rwlock.drop(lambda: self._inner.__exit__(*raised))

    def acquire(self, *args: Any, **kwargs: Any) -> Any:
        """Take this side of the lock, as the lock's own method does."""
        return self._rwlock.take(self._mode | patience(args, kwargs), lambda: self._inner.acquire(*args, **kwargs))

    def release(self) -> Any:
        """Release this side of the lock, as the lock's own method does."""
        return self._rwlock.drop(self._inner.release)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def patience(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    """Return TRY for arguments that say not to wait, TIMED for those that limit the wait, else 0."""
    if (args and args[0] is False) or any(kwargs.get(name) is False for name in _SWITCHES):
        return TRY
    limits = [kwargs.get("timeout"), *args[:2]]
    limit = next((one for one in limits if isinstance(one, int | float) and not isinstance(one, bool)), -1)
    return BLOCKING if limit < 0 else TIMED if limit > 0 else TRY
