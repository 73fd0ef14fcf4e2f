"""Locks of one class held together, judged by instances: both orders of a pair, or a ring, is a finding."""

from __future__ import annotations

from lockdep.evidence.instances import InstanceOrder, find_ring
from lockdep.graph.dependency import Witness
from lockdep.vocabulary.kinds import TIMED


def check_same_class(order: InstanceOrder, kind: int, new: Witness) -> tuple[bool, tuple[Witness, ...]] | None:
    """Return (a wait has a timeout, the ring of observations that `new` closes, new last); None without a ring."""
    ring = None if kind & TIMED else find_ring(order, new, timed=False)
    if ring is not None:
        return False, ring
    ring = find_ring(order, new, timed=True)
    return None if ring is None else (True, ring)
