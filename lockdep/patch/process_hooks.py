"""Which methods of multiprocessing's locks are replaced, and what an object pickles, so that its locks are followed.

The types stay what they are: methods of the one type that Lock, RLock and Semaphore are made of are replaced, and what
an object pickles has the name of its class with it, its identity and its number of units. So the lock is of the same
class in a child, whether that was forked or spawned.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from lockdep import runtime, trace
from lockdep.forks import SentState, at_fork
from lockdep.graph.classes import LockClass, registry
from lockdep.graph.creation import made_earlier
from lockdep.patch.changes import Changes
from lockdep.patch.process_locks import Followed, FollowedLock, ProcessMap, System, forked
from lockdep.patch.process_units import FollowedUnits, ProcessUnits
from lockdep.vocabulary.kinds import PROCESS
from lockdep.wait_types import DROP_IN
from lockdep.waits.shared import new_identity

FOLLOWED = "_lockdep_followed"  # the attribute of a lock that has its Followed


class _Hook:
    """Whether the hook for forks is set, which cannot be taken back."""

    set = False


def follow_processes(changes: Changes, synchronize: ModuleType) -> None:
    """Follow the locks that are made from now on, or that come from another process."""
    for name in ("synchronize", "context", "queues"):
        trace.hide(str(synchronize.__file__).replace("synchronize", name), maker=name == "queues")
    replace_methods(changes, synchronize.SemLock)
    System.can_nap = bool(synchronize._multiprocessing.flags.get("HAVE_SEM_TIMEDWAIT"))
    if not _Hook.set:
        _Hook.set = True
        at_fork(after_in_child=forked)


def replace_methods(changes: Changes, semlock: Any) -> None:
    """Replace the methods of the type that all these locks are made of."""
    changes.rebind(semlock, "__init__", around_init(semlock.__init__))
    changes.rebind(semlock, "__enter__", around_enter(semlock.__enter__))
    changes.rebind(semlock, "__exit__", around_exit(semlock.__exit__))
    changes.rebind(semlock, "__getstate__", around_getstate(semlock.__getstate__))
    changes.rebind(semlock, "__setstate__", around_setstate(semlock.__setstate__))


def follow(lock: Any, units: int, identity: str, lock_class: LockClass | None = None) -> None:
    """Follow one lock: its methods `acquire` and `release` are attributes of the object.

    Those of semaphores are not what takes and gives back their units in `with` statements; others may give them back.
    """
    followed: Followed
    if units == 1:
        followed = FollowedLock(lock._semlock, ProcessMap(lock_class), identity)
    else:
        followed = FollowedUnits(lock._semlock, ProcessUnits(lock_class, units), identity)
    vars(lock)[FOLLOWED] = followed
    if hasattr(lock, "get_value"):  # as semaphores have it
        lock.acquire, lock.release = followed.take_directly, followed.drop_directly
    else:
        lock.acquire, lock.release = followed.take, followed.drop


def around_init(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def __init__(self: Any, kind: int, value: int, maxvalue: int, *, ctx: Any) -> None:
        original(self, kind, value, maxvalue, ctx=ctx)
        if runtime.is_active() and value > 0:  # without units it is an event
            follow(self, value, new_identity())

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
        return SentState(state, followed.lock_class.name, followed.identity, followed.units)

    return __getstate__


def around_setstate(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def __setstate__(self: Any, state: Any) -> None:
        original(self, tuple(state))
        if isinstance(state, SentState) and runtime.is_active():
            made_earlier(lambda: follow(self, state.units, state.identity, sent_class(state.lock_class)))

    return __setstate__


def sent_class(name: str) -> LockClass:
    """Return the class of the locks that another process has sent, by its name there."""
    return registry.register_named(PROCESS, name, (FOLLOWED, name), DROP_IN)
