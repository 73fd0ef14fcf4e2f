"""One import: a thread that loads a module does not wait for the same module meanwhile.

A module is loaded once, by one thread; others that import it meanwhile wait. What the loading thread has done before or
after, with the same module, comes about in no other order.
"""

from __future__ import annotations

from collections.abc import Sequence

from lockdep.evidence.excuse import ChosenWitness, Excuse
from lockdep.graph.classes import LockClass
from lockdep.graph.modules import is_module


def find_one_import(steps: Sequence[ChosenWitness], classes: Sequence[LockClass]) -> Excuse | None:
    """Return an excuse if one thread wants a module, and the same thread takes a lock while it imports it."""
    for at, (_, witness) in enumerate(steps):
        lock_class = classes[at % len(classes)]
        if is_module(lock_class) and steps[at - 1][1].thread_serial == witness.thread_serial:
            return Excuse("one import", "one thread has imported {} in both ways", lock_class)
    return None
