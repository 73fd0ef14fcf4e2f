"""Wait: a thread waits, while it holds a lock, for a signal that is given with this lock held.

Or with another lock held, whose holder may want this one.
"""

from __future__ import annotations

from typing import NamedTuple

from lockdep.evidence.excuse import ChosenWitness, Excuse
from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency
from lockdep.graph.signals import Hindered, Sleeper, is_timed
from lockdep.trace import NO_STACK, StackTrace
from lockdep.validator.acquisition import Acquisition, acquisition_of
from lockdep.violations.wait import WaitWhileHolding
from lockdep.violations.where import HeldLock, Where
from lockdep.vocabulary.grades import POTENTIAL, STALL, UNMATCHED

TIMED_OUT = STALL, "the wait has a timeout"
SIGNALLED = Excuse("signal", "another thread has signalled it without {}")


class Way(NamedTuple):
    """How others come from the lock that a signaller needs to the lock `serial` that the waiter holds."""

    serial: int
    path: tuple[Dependency, ...] = ()
    chosen: tuple[ChosenWitness, ...] = ()


def check_wait(sleeper: Sleeper, hindered: Hindered, depth: int, way: Way | None = None) -> WaitWhileHolding | None:
    """Return the violation that a thread waits with a lock held that a signaller needs. Stacks have `depth` steps.

    With a `way`, the signaller needs another lock. None if the lock is not among those that were kept of the waiter:
    the innermost ones.
    """
    serial, signaller, _ = hindered
    way = Way(serial) if way is None else way
    new = acquisition_of(sleeper.seen, sleeper.name, depth)
    prev = find_held(new, way.serial)
    if prev is None:
        return None
    need = signaller.needs[serial]
    theirs = acquisition_of(need.seen, signaller.name, depth)
    taken, signalled = (taken_at(theirs, serial), theirs.stack) if need.held else (theirs.stack, NO_STACK)
    return WaitWhileHolding(
        prev, sleeper.awaited, sleeper.place, signaller.name, signalled, taken,
        is_timed(sleeper, hindered), where(new, sleeper), way.path, way.chosen,
    )  # fmt: skip


def graded(hindered: Hindered, *, timed: bool, direct: bool = True) -> tuple[str, str]:
    """Return the grade of a finding, and why it has it. `direct`: the signaller needs the waiter's lock itself."""
    which = (
        "the lock that the waiter holds" if direct else "a lock under which others want the one that the waiter holds"
    )
    if timed:
        return TIMED_OUT
    if not hindered.held:
        return (
            UNMATCHED,
            f"a signaller has taken {'the lock' if direct else which} on its way to the signal, and released it",
        )
    return POTENTIAL, f"whoever has signalled it held {which}"


def needed_class(hindered: Hindered, depth: int) -> LockClass | None:
    """Return the class of the lock that a signaller needs; None if it is not known any more."""
    seen = hindered.signaller.needs[hindered.serial].seen
    theirs = acquisition_of(seen, hindered.signaller.name, depth, compare=False)
    if theirs.serial == hindered.serial:
        return theirs.lock_class
    lock = find_held(theirs, hindered.serial)
    return None if lock is None else lock.lock_class


def where(new: Acquisition, sleeper: Sleeper) -> Where:
    """Return where a thread waits, without the condition's own lock, which it releases while it waits."""
    return Where(new.thread, tuple(lock for lock in new.held if lock.serial in sleeper.locks), new.stack)


def find_held(new: Acquisition, serial: int) -> HeldLock | None:
    """Return the held lock with this serial, or None."""
    return next((lock for lock in new.held if lock.serial == serial), None)


def taken_at(new: Acquisition, serial: int) -> StackTrace:
    """Return where a held lock was taken."""
    lock = find_held(new, serial)
    return NO_STACK if lock is None else lock.stack
