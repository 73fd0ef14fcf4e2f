"""Chains that are known when an order is declared, and that break it: they would not be judged again."""

from __future__ import annotations

from lockdep.fastpath import Chain
from lockdep.graph import hierarchy
from lockdep.graph.classes import LockClass
from lockdep.validator.nesting import chains_below, entries_above


def forget_reversed(root: Chain, first: LockClass, later: LockClass) -> int:
    """Let the chains below `root` that break the order of `first` and `later` be seen as new; return how many.

    Those that wait to be judged are left out: the order is declared already. Caller holds the graph lock. Cost: a walk
    over the whole trie.
    """
    before, after = hierarchy.around(first, later)
    known = [chain for chain in chains_below(root) if chain.known and not chain.waiting]
    broken = [
        chain
        for chain in known
        if chain.entry.lock_class.base in before and any(held.base in after for held, _ in entries_above(chain))
    ]
    for chain in broken:
        chain.forget()
    return len(broken)
