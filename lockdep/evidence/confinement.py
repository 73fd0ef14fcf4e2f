"""Confinement: a lock that only one thread ever takes keeps nobody waiting, although others of its class do.

The classes meet, the instances never do. It counts only if other threads have locks of the class for themselves: that
one thread has taken all of them is no excuse, since most tests have only one.
"""

from __future__ import annotations

from collections.abc import Sequence

from lockdep import fastpath
from lockdep.evidence.excuse import ChosenWitness, Excuse
from lockdep.graph.classes import LockClass


def find_confinement(steps: Sequence[ChosenWitness], classes: Sequence[LockClass]) -> Excuse | None:
    """Return an excuse if two sides meet at a lock that only one thread has ever wanted."""
    for at, (_, witness) in enumerate(steps):
        lock_class = classes[at % len(classes)]
        before = steps[at - 1][1]
        if witness.prev_serial != before.next_serial or witness.thread_serial != before.thread_serial:
            continue
        if not witness.prev_serial or fastpath.has_met(witness.prev_serial):
            continue
        if others_have_some(lock_class, witness.thread_serial):
            return Excuse("confinement", "no other thread ever takes this {}", lock_class)
    return None


def others_have_some(lock_class: LockClass, thread: int) -> bool:
    """Return whether a lock of a class lives that another thread has taken first."""
    takers = [each for entry in lock_class.base.entries.values() for each in entry.takers.copy().values()]
    return any(taker != thread and alive() is not None for alive, taker in takers)
