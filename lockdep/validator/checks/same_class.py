"""Locks of one class that are held together, judged by instances: orders that form a ring are a finding."""

from __future__ import annotations

from lockdep.evidence.instances import InstanceOrder, Pair, find_ring
from lockdep.graph.dependency import Witness
from lockdep.vocabulary.kinds import TIMED


def check_same_class(order: InstanceOrder, kind: int, new: Witness) -> list[Pair] | None:
    """Return the pairs with which `new` closes a ring; None if it closes none.

    A ring without a timeout is preferred. Cost: one or two depth-first searches over the pairs of instances seen.
    """
    ring = None if kind & TIMED else find_ring(order, new, timed=False)
    return find_ring(order, new, timed=True) if ring is None else ring
