"""Ways through instances: a cycle that passes one class twice, with different locks, is none of the graph of classes.

a -> door, door -> b and b -> a are a cycle of three locks. As classes they are node -> door -> node, which is closed by
a node for itself, and node -> node. So ways are looked for among the locks that the observations name, those of the
dependencies and those of the orders within a class. Waits and events are left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lockdep.evidence.excuse import ChosenWitness
from lockdep.evidence.instances import InstanceOrder
from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency, Witness
from lockdep.graph.graph import DependencyGraph
from lockdep.vocabulary.kinds import EVENT, RECURSIVE, SHARED, WAIT

MOST_STEPS = 8  # of a way
Orders = Mapping[LockClass, InstanceOrder]


class Step(NamedTuple):
    """The lock `serial` of the class `next` was wanted under one of the class `prev`, as `seen`.

    `gaps`: there may be observations that nothing which was kept stands for.
    """

    prev: LockClass
    next: LockClass
    serial: int
    seen: tuple[ChosenWitness, ...]
    gaps: bool = False

    def dependency(self) -> Dependency:
        """Return it as a dependency that was seen with these two locks only."""
        witnesses: dict[int, list[Witness]] = {}
        for kind, witness in self.seen:
            witnesses.setdefault(kind, []).append(witness)
        return Dependency(self.prev, self.next, witnesses)


def ways_back(graph: DependencyGraph, orders: Orders, first: Step, budget: int) -> Iterator[list[Step]]:
    """Yield the cycles of locks that begin with a step and pass some class twice, the shortest ones first.

    No lock is passed twice. Ends when `budget` locks have been looked at.
    """
    start, goal = first.serial, first.seen[0][1].prev_serial
    queue: deque[tuple[list[Step], frozenset[int]]] = deque([([first], frozenset([start, goal]))])
    while queue and budget:
        budget -= 1
        way, passed = queue.popleft()
        for step in steps_from(graph, orders, way[-1].next, way[-1].serial):
            if step.serial == goal and step.next is first.prev and is_new_kind([*way, step]):
                yield [*way, step]
            elif step.serial not in passed and len(way) < MOST_STEPS - 1:
                queue.append(([*way, step], passed | {step.serial}))


def is_new_kind(way: list[Step]) -> bool:
    """Return whether a cycle is none of classes, and not one within a class. It must be strong (see graph.py)."""
    classes = [step.prev for step in way]
    strong = all(is_strong(step, way[at - 1]) for at, step in enumerate(way))
    return strong and 1 < len(set(classes)) < len(classes)


def is_strong(step: Step, before: Step) -> bool:
    """Return whether a step can follow another one: not if that ends with a recursive reader, and this is shared."""
    return not (all(kind & RECURSIVE for kind, _ in before.seen) and all(kind & SHARED for kind, _ in step.seen))


def steps_from(graph: DependencyGraph, orders: Orders, lock_class: LockClass, serial: int) -> Iterator[Step]:
    """Yield the steps that begin with a lock."""
    for next_, dependency in graph.after.get(lock_class, {}).items():
        found: dict[int, list[ChosenWitness]] = {}
        for kind, witness in dependency.all_witnesses(timed=True):
            if witness.prev_serial == serial and witness.next_serial and not kind & (EVENT | WAIT):
                found.setdefault(witness.next_serial, []).append((kind, witness))
        for wanted, seen in found.items():
            yield Step(lock_class, next_, wanted, tuple(seen), dependency.has_gaps)
    order = orders.get(lock_class)
    for wanted, pair in () if order is None else order.after.get(serial, {}).items():
        yield Step(lock_class, lock_class, wanted, tuple(pair.seen), pair.crowded)
