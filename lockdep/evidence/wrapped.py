"""Wrapped objects: the locks of one side belong to an object that was reached through another object, under its lock.

An object that others wrap may take its own locks in another order than they do. If that was only seen for different
objects, and those in the other order lie under the lock of a wrapper that was made after them, then the classes close a
cycle and the objects may never do. It lowers a grade, and never excuses.
"""

from __future__ import annotations

from collections.abc import Sequence

from lockdep.evidence.excuse import ChosenWitness, Excuse
from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import HeldLock, Witness


def find_wrapper(steps: Sequence[ChosenWitness], classes: Sequence[LockClass]) -> Excuse | None:
    """Return in words why the locks of one side are those of a wrapped object; None if they are not."""
    for at, (_, witness) in enumerate(steps):
        before, after = steps[at - 1][1], steps[(at + 1) % len(steps)][1]
        if before.next_serial == witness.prev_serial or witness.next_serial == after.prev_serial or not witness.others:
            continue
        wrapper = witness.others[0]
        own = classes[at], classes[(at + 1) % len(classes)]
        if is_wrapper(wrapper, witness, own) and not any(
            is_held(wrapper, other) for _, other in steps if other != witness
        ):
            return Excuse(
                "the classes close a cycle",
                "the locks of one side are those of an object under {}, of another one",
                wrapper.lock_class,
            )
    return None


def is_wrapper(lock: HeldLock, witness: Witness, own: Sequence[LockClass]) -> bool:
    """Return whether a held lock was made after those of a witness, by a method of another class."""
    if lock.mode & 3 or not 0 < max(witness.prev_serial, witness.next_serial) < lock.serial:
        return False
    owner = owner_of(lock.lock_class)
    return bool(owner) and all(owner_of(lock_class) not in ("", owner) for lock_class in own)


def is_held(lock: HeldLock, witness: Witness) -> bool:
    """Return whether a lock of the same class was held in another observation."""
    return any(other.lock_class is lock.lock_class for other in witness.others)


def owner_of(lock_class: LockClass) -> str:
    """Return the name of the class in whose method locks are made; '' if they are made elsewhere."""
    owner = lock_class.places[0].function.rpartition(".")[0] if lock_class.places else ""
    return "" if owner.endswith("<locals>") else owner
