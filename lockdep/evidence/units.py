"""Units: whoever wants a unit of a semaphore waits only if all units are taken, and for ever only if all holders wait.

While all threads together want no more units than there are, nobody waits. The same holds if those threads that were
seen to wait for something else under a unit have too few of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lockdep.evidence.excuse import ChosenWitness, Excuse
from lockdep.graph.classes import LockClass
from lockdep.vocabulary.kinds import EVENT, SHARED, WAIT

UNITS = "units"
Holders = Callable[
    [LockClass, int], "set[int] | None"
]  # the threads that were seen to wait under a unit, if all are known


def find_units(steps: Sequence[ChosenWitness], classes: Sequence[LockClass], holders: Holders) -> Excuse | None:
    """Return an excuse if a side wants a unit of a semaphore that always has one left for it."""
    for at, (kind, witness) in enumerate(steps):
        after = steps[(at + 1) % len(steps)][0]
        wanted = classes[(at + 1) % len(classes)]
        capacity = wanted.base.capacity
        if capacity is None or not after & SHARED or (kind | after) & (EVENT | WAIT):
            continue
        units = capacity.find(witness.next_serial)
        if units is None:
            continue
        if not units.short:
            return Excuse(UNITS, "{} has a unit for every thread that wants one", wanted)
        waiting = None if units.crowded else holders(wanted, witness.next_serial)
        if waiting is not None:
            waiting = (waiting | units.waiting) - {witness.thread_serial}
            if units.held_by(waiting) < units.count:
                return Excuse(UNITS, "{} has units that are given back by threads which do not wait under them", wanted)
    return None
