"""Searches along strong paths for classes by their usage bits (kernel: find_usage_forwards, find_usage_backwards).

A state of the search is (class, weak). Forwards, weak means that every way here ends in a recursive reader: such a
reader waits for writers alone, so the bits of readers do not count, and what was held shared there is no way on.
Backwards it is the mirror image. Classes that are no real locks (per-CPU, override) are skipped with all behind them.

Cost of each: one breadth-first search. The caller holds the graph lock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency
from lockdep.graph.graph import DependencyGraph, State
from lockdep.graph.usage_table import UsageTable
from lockdep.vocabulary.usage import WRITE_ANY

Came = dict[State, tuple[State, Dependency] | None]


def walk(graph: DependencyGraph, start: State, *, forwards: bool) -> Iterator[tuple[State, Came]]:
    """Yield each state reachable from start, start first, with the way that led there."""
    came: Came = {start: None}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        lock_class, weak = state
        if lock_class.traits.kind != "normal":
            continue
        yield state, came
        for other, dependency in (graph.after if forwards else graph.before).get(lock_class, {}).items():
            ends = dependency.ends(after_recursive=weak, timed=True) if forwards else dependency.starts(weak)
            if ends is None or (other, False) in came or (other, ends) in came:
                continue
            came[other, ends] = (state, dependency)
            queue.append((other, ends))


def gather(graph: DependencyGraph, usage: UsageTable, start: State, *, forwards: bool) -> int:
    """Return all bits that matter of what start reaches, start included."""
    mask = 0
    for (lock_class, weak), _ in walk(graph, start, forwards=forwards):
        mask |= usage.mask(lock_class) & (WRITE_ANY if weak else -1)
    return mask


def find(
    graph: DependencyGraph, usage: UsageTable, start: State, wanted: int, *, forwards: bool, skip: bool = False
) -> tuple[LockClass, int, tuple[Dependency, ...]] | None:
    """Return the nearest class with one of the wanted bits, those bits, and the dependencies between, in order."""
    for state, came in walk(graph, start, forwards=forwards):
        bits = usage.mask(state[0]) & wanted & (WRITE_ANY if state[1] else -1)
        if bits and not (state[0] is start[0] and skip):
            path = way_to(came, state)
            return state[0], bits, tuple(path if forwards else reversed(path))
    return None


def way_to(came: Came, state: State) -> list[Dependency]:
    path: list[Dependency] = []
    step = came[state]
    while step is not None:
        path.append(step[1])
        step = came[step[0]]
    path.reverse()
    return path
