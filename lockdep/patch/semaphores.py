"""threading.Semaphore: a lock that as many threads may hold as it has units, until a thread gives one that has none.

A semaphore of one unit is validated as a lock. One of several units is held as by a reader: whether somebody waits for
a unit depends on how many units all threads want (see evidence/units.py). A thread that wants a further unit while it
holds one is judged here.

A unit that acquire() takes may be given back by another thread. It counts as a lock once a thread has given back all
that it took; if a thread gives one that it has not taken, the semaphore is a signal, and is not followed from then on
(see evidence/given_away.py). A semaphore that begins without units is an event. Cost: some microseconds for each unit.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from lockdep import fastpath, runtime
from lockdep.fastpath import BLOCKING, TIMED, TRY, ExclusiveLock
from lockdep.graph import naming
from lockdep.graph.classes import registry
from lockdep.graph.creation import made_earlier
from lockdep.patch.attributes import hide
from lockdep.patch.changes import Changes
from lockdep.patch.units import Units
from lockdep.patch.wrappers import wrap_method
from lockdep.wait_types import DROP_IN

_UNITS = "_lockdep_units"  # the attribute of a Semaphore that holds its DepMap; None: it is an event
NOT_ASKED: Any = object()

Args = tuple[Any, ...]
Keywords = dict[str, Any]


def follow_semaphores(changes: Changes) -> None:
    """Replace the methods, unless greenlets have put a type of their own in place of Semaphore."""
    if threading.Semaphore.__module__ != threading.__name__:
        return
    hide(changes, threading.Semaphore)
    wrap_method(changes, threading.Semaphore, "__init__", follow_init)
    follow_enter(changes)
    follow_acquire(changes)
    for owner in (threading.Semaphore, threading.BoundedSemaphore):
        follow_release(changes, owner)


def follow_init(wrapped: Callable[..., None], semaphore: Any, args: Args, kwargs: Keywords) -> None:
    """Give a new semaphore its units."""
    wrapped(*args, **kwargs)
    fastpath.keep_in(semaphore, _UNITS, made_units(semaphore) if runtime.is_active() else None)


def units_of(semaphore: Any) -> Units | None:
    """Return the units of a semaphore. One that was made before the methods were replaced gets them here."""
    found: Units | None = vars(semaphore).get(_UNITS, NOT_ASKED)
    if found is NOT_ASKED:
        found = vars(semaphore).setdefault(_UNITS, made_earlier(lambda: made_units(semaphore)))
    return found


def is_resource(semaphore: Any) -> bool:
    """Return whether the units of a semaphore are taken and given back, as far as that is known."""
    units: Units | None = fastpath.kept_in(semaphore, _UNITS)
    return units is not None and not units.seen.given_away


def made_units(semaphore: Any) -> Units | None:
    """Return the units of a semaphore, in a class that is named after the place where the semaphore is made."""
    inner, count = semaphore._cond._lock, semaphore._value
    if not count or not isinstance(inner, ExclusiveLock) or inner.entry is fastpath.UNTRACKED:
        return None
    made = inner.entry.lock_class

    def name() -> str:
        place = str(made.name).rpartition(" made at ")[2]
        variable = naming.variable_name(made.places[0]) if len(made.places) == 1 else ""
        return f"{place} {variable}" if variable and place.endswith(naming.place_name(made.places[0])) else place

    return Units(registry.register_named("Semaphore", name, (_UNITS, made), DROP_IN), count, made)


def follow_enter(changes: Changes) -> None:
    """Validate that a with statement takes a unit, which it will give back."""
    original = threading.Semaphore.__enter__

    @functools.wraps(original)
    def __enter__(self: Any, *args: Any, **kwargs: Any) -> bool:
        units = units_of(self) if changes.in_force and runtime.is_active() else None
        if units is None:
            return original(self, *args, **kwargs)
        if not units.seen.returned:
            units.return_all()
        return take_waiting(units, BLOCKING, original, self, *args, **kwargs)

    changes.rebind(threading.Semaphore, "__enter__", __enter__)


def follow_acquire(changes: Changes) -> None:
    """Validate that units are taken. `with` does not come here. Cost: some 0.2 us where nothing is tracked."""
    original, give = threading.Semaphore.acquire, threading.Semaphore.release

    @functools.wraps(original)
    def acquire(self: Any, blocking: bool = True, timeout: float | None = None) -> bool:
        units = self.__dict__.get(_UNITS, NOT_ASKED)
        if units is NOT_ASKED:
            units = units_of(self)
        if units is None or units.seen.given_away or not (changes.in_force and runtime.is_active()):
            return original(self, blocking, timeout)
        if not blocking or (timeout is not None and timeout <= 0):
            return take_trying(units, lambda: original(self, blocking, timeout), lambda: give(self))
        return take_waiting(units, BLOCKING if timeout is None else TIMED, original, self, blocking, timeout)

    changes.rebind(threading.Semaphore, "acquire", acquire)


def take_waiting(units: Units, patience: int, take: Callable[..., bool], *args: Any, **kwargs: Any) -> bool:
    """Take a unit by a call. It counts as held while the thread waits: nothing may come after the wait."""
    noted, taken = units.begin(patience), False
    try:
        taken = take(*args, **kwargs)
        return taken
    finally:
        if noted and not taken:
            units.undo()


def take_trying(units: Units, call: Callable[[], bool], give: Callable[[], None]) -> bool:
    """Take a unit by this call, which does not wait. It is given back when an exception comes: that says it was not."""
    if not call():
        return False
    try:
        units.begin(TRY)
    except BaseException:
        units.undo()
        give()
        raise
    return True


def follow_release(changes: Changes, owner: type) -> None:
    """Note that units are given: after they were, so that this keeps nobody waiting."""
    original: Callable[[Any, int], None] = owner.release  # type: ignore[attr-defined]

    @functools.wraps(original)
    def release(self: Any, n: int = 1) -> None:
        original(self, n)
        units: Units | None = self.__dict__.get(_UNITS)
        if units is None and _UNITS not in self.__dict__:
            self.__dict__[_UNITS] = None  # it may have begun without units, as an event does
        if units is not None and changes.in_force and (units.holders or not units.seen.given_away):
            units.given(n)
            runtime.judge_if_calm()

    changes.rebind(owner, "release", release)


def note_waiting() -> None:
    """Note of which semaphores this thread holds a unit while it waits for a signal."""
    thread = fastpath.thread_state()
    for chain, serial in thread.held():
        capacity = None if chain.entry.lock_class is None else chain.entry.lock_class.base.capacity
        seen = None if capacity is None else capacity.find(serial)
        if seen is not None:
            seen.note_waiting(thread.serial)
