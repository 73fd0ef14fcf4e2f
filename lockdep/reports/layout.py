"""Where the classes of a graph are drawn: in levels from left to right, a class after those that are taken before it.

The levels are those of the condensation, in which each cycle is one node, so a cycle stands on one level. Within a
level, classes are ordered by the mean of the places of those before them (the barycentre heuristic of Sugiyama, Tagawa
and Toda, 1981). The places are those of networkx's multipartite_layout with these levels. It is not called, because
each layout of networkx imports numpy: lockdep does not install it, and does not load it into a program that ends.
Cost: O(classes + dependencies).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import networkx  # type: ignore[import-untyped,unused-ignore]

IN_SIGHT = 24  # places of one screen: a short level is in the middle of it, also beside a level of thousands


class Spot(NamedTuple):
    """Where a class is drawn: its level from the left, and its place from the top."""

    level: int
    place: float


def layout(pairs: Iterable[tuple[str, str]]) -> dict[str, Spot]:
    """Return a spot for each class of these dependencies."""
    graph = networkx.DiGraph(pairs)
    levels = classes_by_level(graph)
    tallest = min(max(map(len, levels), default=0), IN_SIGHT)
    spots: dict[str, Spot] = {}
    for number, level in enumerate(levels):
        means = {name: mean([spots[one].place for one in graph.predecessors(name) if one in spots]) for name in level}
        level.sort(key=lambda name, means=means: (means[name], name))  # type: ignore[misc]
        first = max(tallest - len(level), 0) / 2
        spots.update({name: Spot(number, first + place) for place, name in enumerate(level)})
    return spots


def classes_by_level(graph: networkx.DiGraph[str]) -> list[list[str]]:
    """Return the classes of each level."""
    groups = networkx.condensation(graph)
    levels = levels_of(groups)
    found: list[list[str]] = [[] for _ in range(max(levels.values(), default=-1) + 1)]
    for group, level in levels.items():
        found[level] += groups.nodes[group]["members"]
    return found


def levels_of(order: networkx.DiGraph[int]) -> dict[int, int]:
    """Return how many steps may lie before each node of a graph without cycles, the first ones being on level 0."""
    levels: dict[int, int] = {}
    for number in networkx.topological_sort(order):
        levels[number] = max((levels[before] + 1 for before in order.predecessors(number)), default=0)
    return levels


def mean(places: list[float]) -> float:
    """Return the mean, 0 of nothing."""
    return sum(places) / len(places) if places else 0.0


def size(spots: Mapping[str, Spot]) -> tuple[int, float]:
    """Return how many levels there are, and how many places the longest one has."""
    levels = max((spot.level for spot in spots.values()), default=-1) + 1
    return levels, max((spot.place for spot in spots.values()), default=-1.0) + 1
