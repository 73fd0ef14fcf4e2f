"""Gates: a lock that is held on two sides of a cycle lets only one of them in at a time.

The starter of a run may hold the gate for it: see inherited.py. Havelund, Using Runtime Analysis to Guide Model
Checking of Java Programs (SPIN 2000), calls it a gate lock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from lockdep.evidence.excuse import ChosenWitness, Excuse, Guard, held_guards, is_given_away
from lockdep.evidence.inherited import lent_guards
from lockdep.fastpath import BLOCKING
from lockdep.graph.classes import LockClass
from lockdep.vocabulary.kinds import EVENT, PROCESS

GATE, INHERITED_GATE = GATES = "gate", "inherited gate"
MOST_OTHERS = 60  # held locks of a witness: if there are more, the outermost ones may not be known


def find_gate(steps: Sequence[ChosenWitness], classes: Sequence[LockClass]) -> Excuse | None:
    """Return an excuse if two sides hold the same lock, at least one of them exclusively.

    `classes` are those of the cycle. Cost: proportional to the locks held.
    """
    return next((gate for gate, _ in sure_gates(steps, classes)), None)


def find_process_gate(steps: Sequence[ChosenWitness], classes: Sequence[LockClass]) -> Excuse | None:
    """Return an excuse if that lock excludes the threads of other processes, too.

    If all locks of a cycle do, two processes can close it, each of which has a lock of `threading` for itself.
    """
    return next((gate for gate, lock_class in sure_gates(steps, classes) if lock_class.kind == PROCESS), None)


def sure_gates(steps: Sequence[ChosenWitness], classes: Sequence[LockClass]) -> list[tuple[Excuse, LockClass]]:
    """Return the gates without which observations would have been seen, and their classes."""
    if any(len(witness.others) >= MOST_OTHERS for _, witness in steps):
        return []  # the outermost locks are not known, and the cycle may be a shorter one through them
    gates = (*gates_of(steps), *narrow_gates(steps))
    return [(gate, lock_class) for gate, lock_class in gates if is_seen_always(lock_class, classes)]


def find_doubtful_gate(steps: Sequence[ChosenWitness]) -> LockClass | None:
    """Return the class of a lock that two sides hold, whether or not observations without it would have been seen."""
    return next((lock_class for _, lock_class in gates_of(steps)), None)


def gates_of(steps: Sequence[ChosenWitness]) -> Iterator[tuple[Excuse, LockClass]]:
    """Yield the gates of these steps, and their classes."""
    seen: dict[int, list[Guard]] = {}
    for step in steps:
        for serial, guard in guards_of(step).items():
            for other in seen.setdefault(serial, []):
                gate = guard.lock_class or other.lock_class
                if serial and gate is not None and guard.excludes(other):
                    yield describe(gate, inherited=guard.inherited or other.inherited), gate
            seen[serial].append(guard)


def narrow_gates(steps: Sequence[ChosenWitness]) -> Iterator[tuple[Excuse, LockClass]]:
    """Yield the semaphores of which the threads of these steps hold more units than there are, and their classes."""
    held = Counter(
        (lock.serial, lock.lock_class)
        for kind, witness in steps
        for lock in witness.others
        if not kind & EVENT
        and lock.lock_class.base.capacity is not None
        and not is_given_away(lock.lock_class, lock.serial)
    )
    for (_, lock_class), number in held.items():
        count = lock_class.base.capacity.most if lock_class.base.capacity is not None else 0
        if number > count > 1:
            yield Excuse(GATE, f"{{}} lets only {count} threads in at a time", lock_class), lock_class


def guards_of(step: ChosenWitness) -> dict[int, Guard]:
    """Return what guards a step: the locks that its thread held, and those that its starter held meanwhile."""
    if step[0] & EVENT:  # what is held when an event happens was taken before: it says nothing of those who wait
        return {}
    return {**lent_guards(step[1]), **held_guards(step)}


def is_seen_always(gate: LockClass, classes: Sequence[LockClass]) -> bool:
    """Return whether observations without this gate would have been seen.

    A known chain says which classes are held, but not which instances. So the class of the gate must have one instance,
    or each class of the cycle must have as many, which is so where each object brings a gate of its own.
    """
    gates = instances(gate)
    return gates <= 1 or all(instances(lock_class) >= gates for lock_class in classes)


def instances(lock_class: LockClass) -> int:
    """Return how many locks of a class were ever taken."""
    return max((lock_class.base.entry(BLOCKING).taken, *(entry.taken for entry in lock_class.base.entries.values())))


def describe(gate: LockClass, *, inherited: bool) -> Excuse:
    if inherited:
        return Excuse(INHERITED_GATE, "{} is held by the starter until the end of what it has started", gate)
    return Excuse(GATE, "{} is held on both sides", gate)
