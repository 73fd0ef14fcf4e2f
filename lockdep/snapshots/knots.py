"""Graph algorithms on classes that are known by name: strongly connected components, and counts of reachable classes.

They work on the records of a snapshot. The graph that grows while a program runs is in lockdep/graph/. Cost: `knots`
takes O(classes + dependencies); `reach` computes one union of large integers for each dependency.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from lockdep.snapshots.records import DependencyRecord

After = Mapping[str, Sequence[str]]


def successors(dependencies: Iterable[DependencyRecord]) -> dict[str, list[str]]:
    """Return the direct successors of each class, sorted. Every class that occurs in a dependency is a key."""
    after: dict[str, list[str]] = {}
    for one in dependencies:
        after.setdefault(one.prev, []).append(one.next)
        after.setdefault(one.next, [])
    return {name: sorted(after[name]) for name in sorted(after)}


def knots(after: After) -> list[list[str]]:
    """Return the strongly connected components. Each comes after the ones that it leads to (Tarjan 1972, iterative)."""
    found: list[list[str]] = []
    lowest: dict[str, int] = {}
    open_: list[str] = []
    closed: set[str] = set()
    for start in after:
        if start in lowest:
            continue
        lowest[start] = len(lowest)
        open_.append(start)
        way: list[tuple[str, int, Iterator[str]]] = [(start, lowest[start], iter(after[start]))]
        while way:
            name, number, ahead = way[-1]
            for other in ahead:
                if other not in lowest:
                    lowest[other] = len(lowest)
                    open_.append(other)
                    way.append((other, lowest[other], iter(after[other])))
                    break
                if other not in closed:
                    lowest[name] = min(lowest[name], lowest[other])
            else:
                way.pop()
                if way:
                    lowest[way[-1][0]] = min(lowest[way[-1][0]], lowest[name])
                if lowest[name] == number:
                    knot = [open_.pop()]
                    while knot[-1] != name:
                        knot.append(open_.pop())
                    found.append(sorted(knot))
                    closed.update(knot)
    return found


def reach(after: After) -> dict[str, int]:
    """Return how many classes can be reached from each class, including itself."""
    bits: dict[str, int] = {}
    numbers = {name: number for number, name in enumerate(after)}
    for knot in knots(after):
        members = set(knot)
        mask = sum(1 << numbers[name] for name in knot)
        for name in knot:
            for other in after[name]:
                mask |= 0 if other in members else bits[other]
        bits.update(dict.fromkeys(knot, mask))
    return {name: mask.bit_count() for name, mask in bits.items()}


def reversed_(after: After) -> dict[str, list[str]]:
    """Return the direct predecessors of each class."""
    before: dict[str, list[str]] = {name: [] for name in after}
    for name, others in after.items():
        for other in others:
            before[other].append(name)
    return before
