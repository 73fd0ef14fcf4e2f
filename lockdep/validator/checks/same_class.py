"""Locks of one class that are held together, judged by instances: orders that form a ring are a finding."""

from __future__ import annotations

from lockdep.evidence.instances import InstanceOrder, find_ring
from lockdep.graph.dependency import Witness
from lockdep.vocabulary.kinds import TIMED


def check_same_class(order: InstanceOrder, kind: int, new: Witness) -> tuple[bool, tuple[Witness, ...]] | None:
    """Return the ring of observations that `new` closes, `new` last, and whether a wait in it has a timeout.

    None if it closes no ring. A ring without a timeout is preferred. Cost: one or two depth-first searches over the
    pairs of instances seen.
    """
    ring = None if kind & TIMED else find_ring(order, new, timed=False)
    if ring is not None:
        return False, ring
    ring = find_ring(order, new, timed=True)
    return None if ring is None else (True, ring)
