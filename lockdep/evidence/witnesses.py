"""How strong a finding is: which observations close the cycle, with which instances.

Evidence can make a finding stronger, but missing evidence never excuses one. The best combination of witnesses decides.
The strongest has the same instances all the way round. The next has different instances that never existed at the same
time, for example because each test makes new ones. The last has different instances that did; it is a warning. If a
dependency was only ever seen with a timeout, the finding is a stall.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lockdep.graph.dependency import Dependency, Witness
from lockdep.vocabulary.grades import POTENTIAL, STALL, UNMATCHED
from lockdep.vocabulary.kinds import TIMED

ChosenWitness = tuple[int, Witness]  # the kind in which a dependency counts, and one observation of it
Walk = tuple[int, tuple[ChosenWitness, ...]]  # the cost, and one witness for each dependency of the cycle, in order
# Costs of a step: different instances that lived at different times, different instances that lived at the same time, a
# wait with a timeout. One step outweighs up to 99 steps of the next lower cost.
APART, TOGETHER, WAITED = 1, 100, 10_000


def choose_witnesses(path: Sequence[Dependency], died: Mapping[int, int], new: ChosenWitness | None = None) -> Walk:
    """Return the cheapest closed walk with one witness for each dependency. It passes through `new` if that is given.

    Cost: O(n * w^2) for each witness of the first dependency, where each of n dependencies has w witnesses.
    """
    columns = [dependency.all_witnesses(timed=True) for dependency in path]
    walks = [closed_walk(first, columns[1:], died) for first in (columns[0] if new is None else [new])]
    return min(walks, key=cost)


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


def grade_cycle(
    path: Sequence[Dependency], died: Mapping[int, int], new: ChosenWitness | None = None
) -> tuple[str, str, tuple[ChosenWitness, ...]]:
    """Return grade, reason and the best witnesses of a cycle; `new` must be among them if it is given."""
    paid, steps = choose_witnesses(path, died, new)
    if paid >= WAITED:
        return STALL, "one of the waits has a timeout: not for ever, but that long", steps
    if paid >= TOGETHER:
        return (
            UNMATCHED,
            "the classes close a cycle, but the observations name different locks that lived at the same time",
            steps,
        )
    who = {witness.thread_serial for _, witness in steps}
    seen = "all in one thread" if len(who) == 1 else f"in {len(who)} threads"
    if paid:
        how = "with locks that were made anew in between, or too many to remember"
        return POTENTIAL, f"the classes close a cycle, seen {seen}, {how}", steps
    return POTENTIAL, f"the same locks close the cycle, seen {seen}", steps
