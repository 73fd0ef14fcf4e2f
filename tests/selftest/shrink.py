"""Shrinking a program on which validator and model disagree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from tests.selftest.agreement import Disagreement, check
from tests.selftest.cases import Call, Case
from tests.selftest.model import Model
from tests.selftest.scene import Scene


def disagreement(case: Case) -> Disagreement | None:
    try:
        check(case)
    except Disagreement as error:
        return error
    return None


def shrink(case: Case) -> Case:
    """Return the program without the operations that the disagreement does not need."""
    wrong = disagreement(case)
    while wrong is not None:
        smaller = (one for one in reductions(case) if balanced(one))
        better = next((one for one in smaller if (other := disagreement(one)) and other.kind == wrong.kind), None)
        if better is None:
            break
        case = better
    return case


def reductions(case: Case) -> Iterator[Case]:
    """Yield the program without one operation, or without two that may belong together."""
    steps = case.steps
    for number in reversed(range(len(steps))):
        yield without(case, {number})
    for first, second in combinations(range(len(steps)), 2):
        if steps[first].arguments[:1] == steps[second].arguments[:1]:
            yield without(case, {first, second})


def without(case: Case, numbers: set[int]) -> Case:
    steps = tuple(step for number, step in enumerate(case.steps) if number not in numbers)
    used = {argument for step in steps for argument in step.arguments if isinstance(argument, str)}
    return replace(case, steps=steps, locks={name: kind for name, kind in case.locks.items() if name in used})


def balanced(case: Case) -> bool:
    """Return whether the program still releases what it takes, ends its handlers, and never waits for itself."""
    model = Model()
    scene = Scene(case, model)
    try:
        for step in case.steps:
            scene.run(Call(step.operation, step.arguments))
    except Exception:
        return False
    clean = not (model.held or model.irqs_off or model.bh_depth or model.handlers)
    return clean and not any("balance" in violation.title for violation in model.found())
