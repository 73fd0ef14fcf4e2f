"""Shortcuts: a cycle in which one thread holds several of the locks is really a shorter one.

If a witness of b -> c held a as well, it is one of a -> c, and a -> b plays no part in a cycle that leads through both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from lockdep.fastpath import NOCHECK, READ, owner_of
from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency, HeldLock, Witness
from lockdep.vocabulary.kinds import EVENT, SHARED
from lockdep.vocabulary.states import CONTEXT_MODES

MOST_SHORTCUTS = 8  # of each cycle, those that leave out most
MOST_OF_EACH = 2  # observations that give the same shortcut


class Shortcut(NamedTuple):
    """An observation of prev -> next_ in a kind, which leaves out `saved` dependencies of a cycle."""

    saved: int
    prev: LockClass
    next: LockClass
    kind: int
    witness: Witness


def find_shortcuts(path: Sequence[Dependency], only: Witness | None = None) -> list[Shortcut]:
    """Return the best shortcuts of a cycle; with `only`, those of this witness. Cost: one look at each held lock."""
    places = {dependency.prev: at for at, dependency in enumerate(path)}
    found = []
    for at, dependency in enumerate(path):
        for kind, witness in dependency.all_witnesses(timed=True):
            if witness.others and (only is None or witness is only) and not kind & EVENT:
                found += shortcuts_of(dependency, kind, witness, places, at, len(path))
    found.sort(key=lambda shortcut: -shortcut.saved)
    alike: Counter[tuple[LockClass, LockClass, int]] = Counter()
    kept = []
    for shortcut in found:
        key = (shortcut.prev, shortcut.next, shortcut.kind)
        alike[key] += 1
        if alike[key] <= MOST_OF_EACH:
            kept.append(shortcut)
    return kept[:MOST_SHORTCUTS]


def shortcuts_of(
    dependency: Dependency, kind: int, witness: Witness, places: dict[LockClass, int], at: int, length: int
) -> list[Shortcut]:
    """Return the shortcuts that one witness gives, which stands at position `at` of a cycle of this length."""
    found = []
    for lock in witness.others:
        start = places.get(lock.lock_class)
        saved = 0 if start is None else (at - start) % length
        if 0 < saved < length - 1 and counts(lock, witness):
            moved = moved_to(lock, dependency, kind, witness)
            bits = kind & ~SHARED | (SHARED if lock.mode & 3 else 0)
            found.append(Shortcut(saved, lock.lock_class, dependency.next, bits, moved))
    return found


def counts(lock: HeldLock, witness: Witness) -> bool:
    """Return whether what is wanted depends on this held lock (see validator/nesting.py)."""
    return not lock.mode & NOCHECK and lock.mode & CONTEXT_MODES == witness.mode & CONTEXT_MODES


def moved_to(lock: HeldLock, dependency: Dependency, kind: int, witness: Witness) -> Witness:
    """Return the same observation, as one of a dependency on another of the held locks."""
    prev = HeldLock(dependency.prev, witness.prev_serial, witness.prev_stack, READ if kind & SHARED else 0)
    rest = tuple(other for other in witness.others if other is not lock)
    owner = owner_of(lock.serial)
    return replace(witness, prev_serial=lock.serial, prev_owner=owner, prev_stack=lock.stack, others=(*rest, prev))
