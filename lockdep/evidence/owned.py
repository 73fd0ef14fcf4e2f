"""Owners: the locks of two sides are made by one line, and belong to objects of different types.

A type that inherits a method may take the lock which that method makes in another order than its sisters do. If that
was only seen for objects of different types, then the classes close a cycle and the objects may never do. It lowers a
grade, and never excuses.
"""

from __future__ import annotations

from collections.abc import Sequence

from lockdep.evidence.excuse import ChosenWitness, Excuse
from lockdep.graph.classes import LockClass


def find_owners(steps: Sequence[ChosenWitness], classes: Sequence[LockClass]) -> Excuse | None:
    """Return in words whose locks two sides name; None unless they meet at a class whose objects are of two types."""
    for at, (_, witness) in enumerate(steps):
        before = steps[at - 1][1]
        owners = before.next_owner, witness.prev_owner
        if before.next_serial != witness.prev_serial and None not in owners and owners[0] != owners[1]:
            names = " and ".join([f"a {owner[1]}" for owner in owners if owner is not None])
            text = f"{{}} is the lock of objects of different types, {names.replace('{', '{{').replace('}', '}}')}"
            return Excuse("the classes close a cycle", text, classes[at])
    return None
