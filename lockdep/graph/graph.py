"""The dependency graph: which class was wanted while which other class was held, and where that was seen.

There is no lock inside: the caller holds the graph lock. Dependencies are never removed.

Each class has a rank. Every dependency leads from a lower to a higher rank, except the few in `crossing` that could not
be put in order because they close a cycle. So a dependency that agrees with the ranks closes no cycle, and needs no
search. Costs: adding one that agrees, O(1); adding one that does not, a search bounded by the ranks between its ends; a
path for a report, one breadth-first search.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency

SearchNode = tuple[LockClass, bool]  # a class, and whether every path to it ends in a recursive reader


class DependencyGraph:
    """Classes and the dependencies between them."""

    def __init__(self) -> None:
        self.after: dict[LockClass, dict[LockClass, Dependency]] = {}
        self.before: dict[LockClass, dict[LockClass, Dependency]] = {}
        self.rank: dict[LockClass, int] = {}
        self.crossing: set[tuple[LockClass, LockClass]] = set()

    def classes(self) -> Iterable[LockClass]:
        """Return the classes that are part of a dependency."""
        return self.rank.keys()

    def dependencies(self) -> list[Dependency]:
        """Return all dependencies."""
        return [dependency for row in self.after.values() for dependency in row.values()]

    def find(self, prev: LockClass, next_: LockClass) -> Dependency | None:
        """Return the dependency prev -> next_, or None if it was never seen."""
        row = self.after.get(prev)
        return None if row is None else row.get(next_)

    def register_dependency(self, prev: LockClass, next_: LockClass) -> Dependency:
        """Return the dependency prev -> next_, made if need be.

        An exception from a signal handler may end this on any line: the dependency is entered last, in one step.
        """
        found = self.find(prev, next_)
        if found is not None:
            return found
        for lock_class in (prev, next_):
            self.rank.setdefault(lock_class, len(self.rank))
        if self.rank[prev] > self.rank[next_] and not self._reorder(prev, next_):
            self.crossing.add((prev, next_))
        dependency = Dependency(prev, next_)
        self.before.setdefault(next_, {})[prev] = dependency
        self.after.setdefault(prev, {})[next_] = dependency
        return dependency

    def may_close_cycle(self, prev: LockClass, next_: LockClass) -> bool:
        """Return whether a path next_ ~> prev may exist, so that a search for it is worth while.

        Always true once a cycle is in the graph. Before that, a path from next_ to prev stays between their ranks; the
        cost is a search bounded by these ranks.
        """
        if self.crossing:
            return True
        highest = self.rank.get(prev, -1)
        if highest < self.rank.get(next_, 1 << 62):
            return False
        return prev in self._ahead(next_, highest)

    def find_strong_path(
        self, start: SearchNode, goal: LockClass, *, goal_shared: bool, timed: bool
    ) -> list[Dependency] | None:
        """Return the shortest strong path from start to goal, or None.

        A path is strong unless a dependency that ends in a recursive reader is followed by one whose first lock is held
        shared. The search runs over SearchNodes and not over classes, so that it finds a strong path through a class
        which it reached by a weak path first. `goal_shared` says that the goal will be held shared. With `timed` False,
        dependencies that were only seen with a timeout are left out.
        """
        came: dict[SearchNode, tuple[SearchNode | None, Dependency | None]] = {start: (None, None)}
        reached = set() if start[1] else {start[0]}  # by a path that does not end in a recursive reader: none is better
        queue = [start]
        for node in queue:
            lock_class, weak = node
            for next_, dependency in self.after.get(lock_class, {}).items():
                if next_ in reached:
                    continue
                # Most dependencies were seen in kind 0, exclusive and untimed, which answers without a call.
                ends = dependency.ends(after_recursive=weak, timed=timed) if 0 not in dependency.witnesses else False
                if ends is None or (ends and (next_, True) in came):
                    continue
                came[(next_, ends)] = (node, dependency)
                if next_ is goal and not (goal_shared and ends):
                    return trace_back(came, (next_, ends))
                if not ends:
                    reached.add(next_)
                queue.append((next_, ends))
        return None

    def find_paths(
        self, start: SearchNode, goal: LockClass, *, goal_shared: bool, budget: int
    ) -> Iterator[list[Dependency]]:
        """Yield strong paths from start to goal that pass no class twice, until `budget` nodes have been visited."""
        stack: list[tuple[SearchNode, list[Dependency]]] = [(start, [])]
        while stack and budget:
            budget -= 1
            (lock_class, weak), path = stack.pop()
            passed = {start[0], *(dependency.next for dependency in path)}
            for next_, dependency in self.after.get(lock_class, {}).items():
                ends = dependency.ends(after_recursive=weak, timed=True)
                if ends is None or next_ in passed:
                    continue
                if next_ is not goal:
                    stack.append(((next_, ends), [*path, dependency]))
                elif not (goal_shared and ends):
                    yield [*path, dependency]

    def check_invariants(self) -> None:
        """Raise AssertionError if the tables contradict each other. Cost: O(classes + dependencies)."""
        assert sorted(self.rank.values()) == list(range(len(self.rank))), "ranks are not a numbering"
        for prev, row in self.after.items():
            for next_, dependency in row.items():
                assert dependency.prev is prev, "filed under another class"
                assert dependency.next is next_, "filed under another class"
                assert self.before[next_][prev] is dependency, "the two directions differ"
                assert (prev, next_) in self.crossing or self.rank[prev] < self.rank[next_], (
                    "a dependency against the ranks"
                )

    def _reorder(self, prev: LockClass, next_: LockClass) -> bool:
        """Make prev's rank lower than next_'s by moving the classes between; return False if next_ leads to prev.

        Pearce and Kelly, A Dynamic Topological Sort Algorithm for Directed Acyclic Graphs (JEA 2006).
        """
        ahead = self._ahead(next_, self.rank[prev])
        if prev in ahead:
            return False
        behind = self._behind(prev, self.rank[next_])
        order = sorted(behind, key=self.rank.__getitem__) + sorted(ahead, key=self.rank.__getitem__)
        ranks = sorted(self.rank[lock_class] for lock_class in order)
        self.rank.update(zip(order, ranks, strict=True))
        return True

    def _ahead(self, start: LockClass, highest: int) -> set[LockClass]:
        """Return the classes that start reaches through ranks up to `highest`, without crossing dependencies."""
        rank, crossing = self.rank, self.crossing
        found, stack = {start}, [start]
        while stack:
            at = stack.pop()
            for other in self.after.get(at, ()):
                if other not in found and rank[other] <= highest and (at, other) not in crossing:
                    found.add(other)
                    stack.append(other)
        return found

    def _behind(self, start: LockClass, lowest: int) -> set[LockClass]:
        """Return the classes that reach start through ranks down to `lowest`, without crossing dependencies."""
        rank, crossing = self.rank, self.crossing
        found, stack = {start}, [start]
        while stack:
            at = stack.pop()
            for other in self.before.get(at, ()):
                if other not in found and rank[other] >= lowest and (other, at) not in crossing:
                    found.add(other)
                    stack.append(other)
        return found


def trace_back(
    came: dict[SearchNode, tuple[SearchNode | None, Dependency | None]], node: SearchNode
) -> list[Dependency]:
    path: list[Dependency] = []
    at: SearchNode | None = node
    while at is not None:
        at, dependency = came[at]
        if dependency is not None:
            path.append(dependency)
    path.reverse()
    return path
