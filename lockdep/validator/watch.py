"""Watched dependencies: those of cycles whose observations name different lock instances.

A known chain says nothing about instances. So a chain that ends in a watched dependency is no longer remembered by the
locks (see `Chain.gate`), and each acquisition along it is judged by its instances. Caller holds the graph lock.
"""

from __future__ import annotations

from collections.abc import Iterable

from lockdep import fastpath
from lockdep.fastpath import NOCHECK, TRY, Chain
from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency
from lockdep.graph.graph import DependencyGraph
from lockdep.validator.nesting import chains_below, entries_above, kind_of
from lockdep.vocabulary.states import CONTEXT_MODES

WATCHED_WITNESSES = 64  # to keep of a watched dependency, instead of max_witnesses


class Watch:
    """The watched dependencies; and for each chain that ends in some, (dependency, depth of its held lock, kind)."""

    def __init__(self) -> None:
        self.dependencies: set[Dependency] = set()
        self._classes: set[LockClass] = set()
        self._hits: dict[Chain, list[tuple[Dependency, int, int]]] = {}

    def __bool__(self) -> bool:
        return bool(self.dependencies)

    def hits(self, chain: Chain) -> list[tuple[Dependency, int, int]]:
        """Return the watched dependencies in which this chain ends."""
        return self._hits.get(chain, [])

    def touches(self, *classes: LockClass) -> bool:
        """Return whether all these classes are ends of watched dependencies."""
        return self._classes.issuperset(classes)

    def most(self, dependency: Dependency, usual: int) -> int:
        """Return how many witnesses of a dependency to keep: `usual` if it is not watched, else more."""
        return max(usual, WATCHED_WITNESSES) if dependency in self.dependencies else usual

    def add(self, dependencies: Iterable[Dependency], graph: DependencyGraph, root: Chain) -> None:
        """Watch these dependencies, also in the chains below `root` that exist. Cost: a walk over the whole trie."""
        for dependency in dependencies:
            self.dependencies.add(dependency)
            self._classes.update((dependency.prev, dependency.next))
        for chain in chains_below(root):
            self.flag(chain, graph)

    def flag(self, chain: Chain, graph: DependencyGraph) -> None:
        """Let each acquisition along this chain be judged by instances, if the chain ends in a watched dependency."""
        if not self.dependencies or chain in self._hits:
            return
        entries = entries_above(chain)
        hits = []
        for depth in range(len(entries), 0, -1):  # beyond those that are learned, for the sake of shortcuts
            lock_class, mode = entries[depth - 1]
            if mode & CONTEXT_MODES != chain.entry.mode & CONTEXT_MODES or chain.entry.mode & (TRY | NOCHECK):
                break
            dependency = graph.find(lock_class, chain.entry.lock_class)
            if dependency in self.dependencies:
                hits.append((dependency, depth, kind_of(mode, chain.entry.mode)))
        if hits:
            self._hits[chain] = hits
            single = len(hits) == 1 and not chain.twin and not chain.entry.mode & fastpath.TIMED
            chain.judge_instances(hits[0][1], single and chain.entry.lock_class.order is None)
