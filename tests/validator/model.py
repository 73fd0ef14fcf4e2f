"""A naive model of lock order: every held lock comes before the wanted one, and networkx finds the paths.

It has no trie, no ranks and no short cuts; the validator, which has all of them, must give the same verdicts.
"""

from __future__ import annotations

import networkx as nx  # type: ignore[import-untyped,unused-ignore]


class Model:
    """The locks of one thread, by number. Taking a held lock again does not count as an acquisition."""

    def __init__(self) -> None:
        self.held: list[int] = []
        self.order = nx.DiGraph()
        self.neighbours: set[tuple[int, int]] = set()

    def acquire(self, wanted: int) -> tuple[bool, bool]:
        """Take a lock; return whether that closes a cycle, and whether the innermost held lock closes one never seen.

        A validator that reports each cycle once must report one exactly in the second case: the cycles that the other
        held locks close lead through the innermost one.
        """
        self.order.add_node(wanted)
        closing = [prev for prev in self.held if nx.has_path(self.order, wanted, prev)]
        nearest = (self.held[-1], wanted) if self.held else None
        fresh = nearest is not None and nearest[0] in closing and nearest not in self.neighbours
        if nearest is not None:
            self.neighbours.add(nearest)
        self.order.add_edges_from((prev, wanted) for prev in self.held)
        self.held.append(wanted)
        return bool(closing), fresh

    def release(self, lock: int) -> None:
        self.held.remove(lock)

    def knots(self) -> list[set[int]]:
        """Return the strongly connected components of several locks: in each, any lock can wait for any other."""
        return [set(part) for part in nx.strongly_connected_components(self.order) if len(part) > 1]
