"""Closed walks: one observation for each dependency of a cycle, and how well their instances meet.

The best walk has the same instances all the way round. The next has different instances that never existed at the same
time, for example because each test makes new ones. The last has different instances that did. A wait with a timeout
costs more than any of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lockdep.evidence.excuse import ChosenWitness
from lockdep.vocabulary.kinds import TIMED

Walk = tuple[int, tuple[ChosenWitness, ...]]  # the cost, and one witness for each dependency of the cycle, in order
# Costs of a step: different instances that lived at different times, different instances that lived at the same time, a
# wait with a timeout. One step outweighs up to 99 steps of the next lower cost.
APART, TOGETHER, WAITED = 1, 100, 10_000


def choose_walk(
    columns: Sequence[Sequence[ChosenWitness]], died: Mapping[int, int], new: ChosenWitness | None = None
) -> Walk:
    """Return the cheapest closed walk with one witness of each column. It passes through `new` if that is given.

    Cost: O(n * w^2) for each witness of the first column, where each of n columns has w witnesses.
    """
    walks = [closed_walk(first, columns[1:], died) for first in (columns[0] if new is None else [new])]
    return min(walks, key=cost)


def walk_of(steps: tuple[ChosenWitness, ...], died: Mapping[int, int]) -> Walk:
    """Return the closed walk with these witnesses."""
    met = sum(meeting(left, right, died) for left, right in zip(steps, (*steps[1:], steps[0]), strict=True))
    return met + sum(map(step_cost, steps)), steps


def closed_walk(first: ChosenWitness, columns: Sequence[Sequence[ChosenWitness]], died: Mapping[int, int]) -> Walk:
    walks: list[Walk] = [(step_cost(first), (first,))]
    for column in columns:
        walks = [min((extend(walk, step, died) for walk in walks), key=cost) for step in column]
    return min(((paid + meeting(steps[-1], first, died), steps) for paid, steps in walks), key=cost)


def cost(walk: Walk) -> int:
    return walk[0]


def extend(walk: Walk, step: ChosenWitness, died: Mapping[int, int]) -> Walk:
    paid, steps = walk
    return paid + step_cost(step) + meeting(steps[-1], step, died), (*steps, step)


def step_cost(step: ChosenWitness) -> int:
    return WAITED if step[0] & TIMED else 0


def meeting(left: ChosenWitness, right: ChosenWitness, died: Mapping[int, int]) -> int:
    """Return the cost of joining two witnesses: `left` wanted one instance, and `right` held another."""
    wanted, held = left[1].next_serial, right[1].prev_serial
    if wanted == held:
        return 0
    if not wanted or not held:  # one of them is not remembered as an instance, which is no excuse
        return APART
    older, newer = min(wanted, held), max(wanted, held)
    return APART if died.get(older, newer + 1) < newer else TOGETHER
