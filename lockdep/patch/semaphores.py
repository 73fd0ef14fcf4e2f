"""threading.Semaphore in a with statement: a lock that as many threads may hold as it has units.

A semaphore of one unit is validated as a lock. One of several units is held as by a reader: whether somebody waits for
a unit depends on how many units all threads want (see evidence/units.py). A thread that wants a further unit while it
holds one is judged here. Only `with` counts: units that are taken by acquire() are often given back by another thread,
and are no lock then; but others have fewer units left. A semaphore that begins without units is an event. Cost: some
microseconds for each with statement.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from lockdep import fastpath, runtime
from lockdep.fastpath import TRY, ExclusiveLock
from lockdep.graph.classes import registry
from lockdep.graph.creation import made_earlier
from lockdep.patch.attributes import hide
from lockdep.patch.changes import Changes
from lockdep.patch.units import Units, want
from lockdep.patch.wrappers import wrap_method
from lockdep.wait_types import DROP_IN

_UNITS = "_lockdep_units"  # the attribute of a Semaphore that holds its DepMap; None: it is an event

Args = tuple[Any, ...]
Keywords = dict[str, Any]


def follow_semaphores(changes: Changes) -> None:
    """Wrap the methods of a with statement, unless greenlets have put a type of their own in place of Semaphore."""
    if threading.Semaphore.__module__ != threading.__name__:
        return
    hide(changes, threading.Semaphore)
    wrap_method(changes, threading.Semaphore, "__init__", follow_init)
    wrap_method(changes, threading.Semaphore, "__enter__", follow_enter)
    wrap_method(changes, threading.Semaphore, "__exit__", follow_exit)
    follow_acquire(changes)


def follow_init(wrapped: Callable[..., None], semaphore: Any, args: Args, kwargs: Keywords) -> None:
    """Give a new semaphore its units."""
    wrapped(*args, **kwargs)
    fastpath.keep_in(semaphore, _UNITS, made_units(semaphore) if runtime.is_active() else None)


def units_of(semaphore: Any) -> Units | None:
    """Return the units of a semaphore. One that was made before the methods were wrapped gets them here."""
    found: Units | None = fastpath.kept_in(semaphore, _UNITS)
    if found is None and _UNITS not in vars(semaphore):
        found = vars(semaphore).setdefault(_UNITS, made_earlier(lambda: made_units(semaphore)))
    return found


def is_resource(semaphore: Any) -> bool:
    """Return whether the units of a semaphore are taken and given back, as far as that is known."""
    return fastpath.kept_in(semaphore, _UNITS) is not None


def made_units(semaphore: Any) -> Units | None:
    """Return the units of a semaphore, in a class that is named after the place where the semaphore is made."""
    inner, count = semaphore._cond._lock, semaphore._value
    if not count or not isinstance(inner, ExclusiveLock) or inner.entry is fastpath.UNTRACKED:
        return None
    made = inner.entry.lock_class

    def name() -> str:
        return str(made.name).rpartition(" made at ")[2]

    return Units(registry.register_named("Semaphore", name, (_UNITS, made), DROP_IN), count, made)


def follow_enter(wrapped: Callable[..., Any], semaphore: Any, args: Args, kwargs: Keywords) -> Any:
    """Validate that a unit is taken. It counts as held while the thread waits: nothing may come after the wait."""
    units = units_of(semaphore) if runtime.is_active() else None
    if units is None:
        return wrapped(*args, **kwargs)
    want(units)
    if units.is_held() == 1:
        units.acquired(None, units.mode | TRY)
    else:
        units.acquired(units.acquire(units.mode), units.mode)
    try:
        return wrapped(*args, **kwargs)
    except BaseException:
        units.release()
        raise


def follow_acquire(changes: Changes) -> None:
    """Note when units are taken that are not tracked: it is not known any more how many threads want some.

    It is a plain function, which costs some 0.5 us. `with` does not come here.
    """
    original = threading.Semaphore.acquire

    @functools.wraps(original)
    def acquire(self: Any, blocking: bool = True, timeout: float | None = None) -> bool:
        units: Units | None = self.__dict__.get(_UNITS)
        if units is not None and not units.seen.crowded:
            units.seen.crowded = True
            runtime.validator().reconsider(fastpath.thread_state())
        return original(self, blocking, timeout)

    changes.rebind(threading.Semaphore, "acquire", acquire)


def note_waiting() -> None:
    """Note of which semaphores this thread holds a unit while it waits for a signal."""
    thread = fastpath.thread_state()
    for chain, serial in thread.held():
        capacity = None if chain.entry.lock_class is None else chain.entry.lock_class.base.capacity
        seen = None if capacity is None else capacity.find(serial)
        if seen is not None:
            seen.note_waiting(thread.serial)


def follow_exit(wrapped: Callable[..., Any], semaphore: Any, args: Args, kwargs: Keywords) -> Any:
    """Note that the unit is given back."""
    units: Units | None = fastpath.kept_in(semaphore, _UNITS)
    try:
        return wrapped(*args, **kwargs)
    finally:
        if units is not None and units.is_held() == 1:
            units.release()
            runtime.judge_if_calm()
