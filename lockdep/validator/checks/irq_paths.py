"""Searches along strong paths for classes by their usage bits (kernel: find_usage_forwards, find_usage_backwards).

A search visits nodes (class, weak). Forwards, weak means that every path to the class ends in a recursive reader. Such
a reader waits for writers only: the usage bits of readers do not count there, and a dependency whose first lock was
held shared does not continue the path. Backwards it is the mirror image. Classes that are not real locks (per-CPU,
override) end a path.

Cost of each: one breadth-first search. The caller holds the graph lock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency
from lockdep.graph.graph import DependencyGraph, SearchNode
from lockdep.graph.usage_table import UsageTable
from lockdep.vocabulary.usage import WRITE_ANY

Came = dict[SearchNode, tuple[SearchNode, Dependency] | None]  # how the search reached each node; None: it began there


def walk(graph: DependencyGraph, start: SearchNode, *, forwards: bool) -> Iterator[tuple[SearchNode, Came]]:
    """Yield each node reachable from start, start first, with the table of how each was reached."""
    came: Came = {start: None}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        lock_class, weak = node
        if lock_class.traits.kind != "normal":
            continue
        yield node, came
        for other, dependency in (graph.after if forwards else graph.before).get(lock_class, {}).items():
            ends = dependency.ends(after_recursive=weak, timed=True) if forwards else dependency.starts(weak)
            if ends is None or (other, False) in came or (other, ends) in came:
                continue
            came[other, ends] = (node, dependency)
            queue.append((other, ends))


def gather(graph: DependencyGraph, usage: UsageTable, start: SearchNode, *, forwards: bool) -> int:
    """Return the usage bits that count of all classes that start reaches, itself included."""
    mask = 0
    for (lock_class, weak), _ in walk(graph, start, forwards=forwards):
        mask |= usage.judged(lock_class) & (WRITE_ANY if weak else -1)
    return mask


def find(
    graph: DependencyGraph, usage: UsageTable, start: SearchNode, wanted: int, *, forwards: bool, skip: bool = False
) -> tuple[LockClass, int, tuple[Dependency, ...]] | None:
    """Return the nearest class with one of the wanted bits, those bits, and the dependencies between, in order.

    None if there is no such class. With `skip`, the class of the start does not count.
    """
    for node, came in walk(graph, start, forwards=forwards):
        lock_class, weak = node
        bits = usage.judged(lock_class) & wanted & (WRITE_ANY if weak else -1)
        if bits and not (lock_class is start[0] and skip):
            path = path_to(came, node)
            return lock_class, bits, tuple(path if forwards else reversed(path))
    return None


def path_to(came: Came, node: SearchNode) -> list[Dependency]:
    path: list[Dependency] = []
    reached = came[node]
    while reached is not None:
        before, dependency = reached
        path.append(dependency)
        reached = came[before]
    path.reverse()
    return path
