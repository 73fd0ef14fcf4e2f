"""Readers: whoever wants a lock for reading waits for readers only if a writer stands between them.

Without any writer a cycle that closes with one reader behind another cannot come about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lockdep.evidence.excuse import ChosenWitness, Excuse
from lockdep.graph.classes import LockClass
from lockdep.vocabulary.kinds import EVENT, SHARED, WAIT

READERS = "readers"


def find_readers(
    steps: Sequence[ChosenWitness], classes: Sequence[LockClass], is_written: Callable[[LockClass], bool]
) -> Excuse | None:
    """Return an excuse if a side wants to read what the next side reads, and nobody was ever seen to write."""
    for at, (kind, witness) in enumerate(steps):
        after = steps[(at + 1) % len(steps)][0]
        wanted = classes[(at + 1) % len(classes)]
        if wanted.base.capacity is not None:
            continue  # see units.py
        if witness.mode & 3 and after & SHARED and not (kind | after) & (EVENT | WAIT) and not is_written(wanted):
            return Excuse(READERS, "{} is only ever taken for reading", wanted)
    return None
