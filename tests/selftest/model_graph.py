"""The slow model's data about classes: the dependencies between them, and in which interrupts they were used.

A dependency prev -> next has types of two letters: E or S, as prev was held exclusively or shared; R if next was taken
as a recursive reader, which waits for exclusive holders only, or N. A path is strong if no dependency that can only end
in R is followed by one that can only begin with S. The model tries every strong path of different classes, one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.selftest.model_words import CIRCULAR, LockClass, Usage, Violation, circle

NOT_IN_IRQ_SEARCHES = frozenset({"local_lock"})
EVERYTHING: frozenset[str] = frozenset()
MIRRORED = {"EN": "EN", "ER": "SN", "SN": "ER", "SR": "SR"}  # the dependency, walked from its end to its beginning

Graph = defaultdict[LockClass, defaultdict[LockClass, set[str]]]
Path = tuple[LockClass, ...]
Node = tuple[LockClass, bool]  # a class, and whether every path to it ends in R


def strong_paths(graph: Graph, start: LockClass, only_r: bool, without: frozenset[str]) -> Iterator[tuple[Path, bool]]:
    """Yield each strong path from start, beginning with start alone, and whether it can only end in R.

    A path may visit a class twice, once ending only in R and once not: only the second visit can go on by every
    dependency.
    """
    todo: list[tuple[tuple[Node, ...], bool]] = [(((start, only_r),), only_r)] if start.kind not in without else []
    while todo:
        states, only_r = todo.pop()
        yield tuple(lock_class for lock_class, _ in states), only_r
        for following, types in graph[states[-1][0]].items():
            usable = [kind for kind in types if not (only_r and kind[0] == "S")]
            ends_in_r = all(kind[1] == "R" for kind in usable)
            if (
                usable
                and following.kind not in without
                and not {(following, ends_in_r), (following, False)} & set(states)
            ):
                todo.append(((*states, (following, ends_in_r)), ends_in_r))


def empty() -> Graph:
    return defaultdict(lambda: defaultdict(set))


class OrderGraph:
    """Dependencies and usage, and the violations that a new one makes."""

    def __init__(self) -> None:
        self.after, self.before = empty(), empty()
        self.usage: defaultdict[LockClass, set[Usage]] = defaultdict(set)

    def add(self, first: LockClass, second: LockClass, kind: str) -> bool:
        """Add a dependency of this kind; return whether it is new."""
        new = kind not in self.after[first][second]
        self.after[first][second].add(kind)
        self.before[second][first].add(MIRRORED[kind])
        return new

    def circles(self, first: LockClass, second: LockClass, kind: str) -> Iterator[Violation]:
        """Yield each cycle that the dependency would close."""
        for path, only_r in strong_paths(self.after, second, kind[1] == "R", EVERYTHING):
            if path[-1] == first and not (only_r and kind[0] == "S"):
                yield Violation(CIRCULAR, circle(tuple(map(str, path))))

    def irq_orders(self, first: LockClass, second: LockClass, kind: str) -> Iterator[Violation]:
        """Yield each pair that it would connect: a class used in an interrupt, one held with that interrupt on."""
        unsafe = self.ends(self.after, second, kind[1] == "R", "ON")
        for safe, use in self.ends(self.before, first, kind[0] == "S", "IN"):
            word = use.state + ("-READ" if use.access == "R" else "")
            for other, opposite in unsafe:
                if opposite.state == use.state:
                    title = f"{word}-safe -> {word}-unsafe lock order detected"
                    yield Violation(title, (str(safe), str(first), str(second), str(other)))

    def inversions(self, lock_class: LockClass, use: Usage, only_r: bool) -> Iterator[LockClass]:
        """Yield the classes of opposite use that this class leads to, or that lead to it."""
        graph, opposite = (self.after, "ON") if use.way == "IN" else (self.before, "IN")
        for other, found in self.ends(graph, lock_class, only_r, opposite):
            if found.state == use.state and other != lock_class:
                yield other

    def ends(self, graph: Graph, start: LockClass, only_r: bool, way: str) -> list[tuple[LockClass, Usage]]:
        """Return (class, use) for all that strong paths reach. Reads do not count after a path that only ends in R."""
        found = []
        for path, weak in strong_paths(graph, start, only_r, NOT_IN_IRQ_SEARCHES):
            uses = sorted(use for use in self.usage[path[-1]] if use.way == way)
            found += [(path[-1], use) for use in uses if not (weak and use.access == "R")]
        return found

    def conflicts(self, lock_class: LockClass, use: Usage) -> bool:
        """Return whether the class was used in a way that contradicts this use. Two reads never do."""
        opposite = "ON" if use.way == "IN" else "IN"
        harmful = "WR" if use.access == "W" else "W"
        return any(Usage(use.state, opposite, access) in self.usage[lock_class] for access in harmful)
