"""Given away: units of a semaphore are no locks if other threads give them than those that have taken them.

A semaphore may be a lock or a signal: `acquire()` looks the same. It is a signal once a thread gives a unit that has
taken none, or gives its own under a lock that it has taken later, as who guards a number of units does; and it may be
one until some thread has given back all that it took.
"""

from __future__ import annotations

from collections.abc import Sequence

from lockdep.evidence.excuse import ChosenWitness, Excuse
from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency, Witness

GIVEN_AWAY = "given away"


def find_given_away(steps: Sequence[ChosenWitness], classes: Sequence[LockClass]) -> Excuse | None:
    """Return an excuse if a side has, or wants, a unit of a semaphore that is a signal, or may be one."""
    for at, (_, witness) in enumerate(steps):
        held, wanted = classes[at % len(classes)], classes[(at + 1) % len(classes)]
        excuse = doubt(held, witness.prev_serial) or doubt(wanted, witness.next_serial)
        if excuse is not None:
            return excuse
    return None


def doubt(lock_class: LockClass, serial: int) -> Excuse | None:
    """Return the excuse that a semaphore is no lock, as far as is known; None if it is one, or another kind of lock."""
    capacity = lock_class.base.capacity
    if capacity is None:
        return None
    if capacity.is_given_away(serial):
        return given_away(lock_class)
    if not capacity.is_returned(serial):
        return Excuse(GIVEN_AWAY, "no thread has given back yet what it took of {}", lock_class)
    return None


def given_away(lock_class: LockClass) -> Excuse:
    """Return the excuse that a semaphore is a signal."""
    text = "{} is a signal: units are given by threads that have none, or under a lock that was taken later"
    return Excuse(GIVEN_AWAY, text, lock_class)


def says_nothing(dependency: Dependency, witness: Witness) -> bool:
    """Return whether an observation of a dependency is one of a semaphore that is no lock, as far as is known."""
    prev, next_ = (dependency.prev, witness.prev_serial), (dependency.next, witness.next_serial)
    return doubt(*prev) is not None or doubt(*next_) is not None
