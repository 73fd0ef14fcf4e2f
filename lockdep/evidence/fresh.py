"""Fresh objects: a lock that its thread has just made, while it held the other one, cannot be held by anybody else."""

from __future__ import annotations

from collections.abc import Sequence

from lockdep.evidence.excuse import ChosenWitness, Excuse
from lockdep.graph.classes import LockClass


def find_fresh(steps: Sequence[ChosenWitness], classes: Sequence[LockClass]) -> Excuse | None:
    """Return an excuse if a thread wanted a lock that it had made while it held the other one."""
    for at, (_, witness) in enumerate(steps):
        if witness.fresh:
            return Excuse("fresh object", "{} was made by the thread that wants it", classes[(at + 1) % len(classes)])
    return None
