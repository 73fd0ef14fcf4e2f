"""Circular dependencies: a new dependency closes a strong cycle (kernel: check_noncircular)."""

from __future__ import annotations

from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency
from lockdep.graph.graph import DependencyGraph
from lockdep.vocabulary.kinds import RECURSIVE, SHARED, TIMED


def check_circular(graph: DependencyGraph, prev: LockClass, next_: LockClass, kind: int) -> list[Dependency] | None:
    """Return the shortest strong path next_ ~> prev, with which prev -> next_ closes a cycle; None if there is none.

    A path without timeouts is preferred to a shorter one with them. Caller holds the graph lock. Cost: nothing if the
    ranks rule a cycle out, else one or two breadth-first searches.
    """
    if not graph.may_close_cycle(prev, next_):
        return None
    start = (next_, bool(kind & RECURSIVE))
    shared = bool(kind & SHARED)
    path = None if kind & TIMED else graph.find_strong_path(start, prev, goal_shared=shared, timed=False)
    return path or graph.find_strong_path(start, prev, goal_shared=shared, timed=True)
