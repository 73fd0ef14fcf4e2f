"""Cycles whose observations name different instances are watched: their chains are judged by instances from then on.

A known chain tells nothing of instances. So the chains whose last step is a dependency of such a cycle lose their
hint, and each acquisition along them is asked which instances it is about.
"""

from __future__ import annotations

from collections.abc import Iterable

from lockdep import fastpath
from lockdep.fastpath import Chain
from lockdep.graph.dependency import Dependency
from lockdep.graph.graph import DependencyGraph
from lockdep.validator.nesting import entries_above, kind_of, tail_depths
from lockdep.vocabulary.states import CONTEXT_MODES

WATCHED_WITNESSES = 64  # kept of a watched dependency, instead of a handful


class Watch:
    """The dependencies to watch, and for each of their chains: (dependency, depth of its held lock, kind)."""

    def __init__(self) -> None:
        self.dependencies: set[Dependency] = set()
        self._hits: dict[Chain, list[tuple[Dependency, int, int]]] = {}

    def __bool__(self) -> bool:
        return bool(self.dependencies)

    def hits(self, chain: Chain) -> list[tuple[Dependency, int, int]]:
        """Return what is watched in the last step of this chain."""
        return self._hits.get(chain, [])

    def most(self, dependency: Dependency, usual: int) -> int:
        """Return how many witnesses of a dependency are worth keeping."""
        return max(usual, WATCHED_WITNESSES) if dependency in self.dependencies else usual

    def add(self, dependencies: Iterable[Dependency], graph: DependencyGraph, root: Chain) -> None:
        """Watch these dependencies, in the chains that exist too. Cost: a walk over the whole trie."""
        self.dependencies.update(dependencies)
        pending = list((root.children or {}).values())
        while pending:
            chain = pending.pop()
            pending += list((chain.children or {}).values())
            if chain.depth:  # not the root of a context
                self.flag(chain, graph)

    def flag(self, chain: Chain, graph: DependencyGraph) -> None:
        """Have this chain judged by instances each time, if its last step is a watched dependency."""
        if not self.dependencies or chain in self._hits:
            return
        entries = entries_above(chain)
        hits = []
        for depth in tail_depths([mode for _, mode in entries], chain.entry.mode & CONTEXT_MODES):
            lock_class, mode = entries[depth - 1]
            dependency = graph.find(lock_class, chain.entry.lock_class)
            if dependency in self.dependencies:
                hits.append((dependency, depth, kind_of(mode, chain.entry.mode)))
        if hits:
            self._hits[chain] = hits
            chain.twin = chain.twin or hits[0][1]
            chain.judged = True
            chain.gate = fastpath.NOWHERE
