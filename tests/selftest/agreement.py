"""Whether the validator and the slow model agree about a program, step by step.

Every finding must be one of the violations that the model names at that operation: same title, same classes. For each
cause that the model names (a new dependency, a new use of a class, ...) the validator must find one of its violations
at that operation, or have found it before, since it reports each finding once. A second run of the program must find
nothing, with the same locks or with new ones. Run after a prefix of itself, the program must find the same as alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from tests.selftest import track
from tests.selftest.cases import Call, Case
from tests.selftest.model import Model
from tests.selftest.model_words import CIRCULAR, NO_NEST, RECURSIVE, WAIT_CONTEXT, circle
from tests.selftest.scene import Scene

ABOUT_ONE_CLASS = (RECURSIVE, WAIT_CONTEXT, NO_NEST)  # the other lock involved is not compared

VERSION = re.compile(
    r"#\d+"
)  # the suffix of names that locks of several kinds have in common; depends on earlier programs

Facts = tuple[str, tuple[str, ...]]


class Disagreement(AssertionError):
    """The validator and the model differ. `kind` says in which way."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


def told(world: Any) -> list[Any]:
    """Return what was found of the kinds that the model knows: it does not know who may sleep where."""
    return [one for one in world.found() if one.slug != "sleep"]


def check(case: Case) -> set[str]:
    """Compare all that can be compared for one program; return the titles of what was found."""
    with track.world() as world:
        scene = Scene(case, world)
        known = compare(case, scene, world)
        for again in (scene, Scene(case, world)):
            run(case.steps, again)
            if len(told(world)) != len(known):
                raise Disagreement("again", describe(case, f"run again, it finds {facts(told(world)[-1])}"))
    check_warm(case, set(known))
    return {title for title, _ in known}


def check_warm(case: Case, cold: set[Facts]) -> None:
    """Run the program after a prefix of itself, which leaves known chains behind."""
    half = next((number for number in range(len(case.steps) // 2, 0, -1) if quiet(case.steps[:number])), 0)
    with track.world() as world:
        scene = Scene(case, world)
        for steps in (case.steps[:half], case.steps):
            run(steps, scene)
        warm = {facts(one) for one in told(world)}
    different = sorted(one for one in warm ^ cold if not is_longer(one, warm & cold))
    if different:
        raise Disagreement("warm", describe(case, f"after its first {half} steps: {different}"))


def is_longer(found: Facts, common: set[Facts]) -> bool:
    """Return whether this is a cycle over all classes of another one: it is looked for while that one is unmatched."""
    title, classes = found
    return title == CIRCULAR and any(title == CIRCULAR and set(some) < set(classes) for title, some in common)


def compare(case: Case, scene: Scene, world: Any) -> list[Facts]:
    """Run a program in both worlds, operation by operation; return what was found."""
    model = Model()
    modelled = Scene(case, model)
    known: list[Facts] = []
    for number, step in enumerate(case.steps):
        before = len(model.causes)
        run([step], modelled)
        run([step], scene)
        fresh = [facts(one) for one in told(world)[len(known) :]]
        causes = [[normal(one.title, one.about) for one in cause] for cause in model.causes[before:] if cause]
        kind, difference = differs(known, fresh, causes)
        if kind:
            raise Disagreement(kind, describe(case, f"op {number} ({step}): {difference}"))
        known += fresh
    return known


def differs(known: list[Facts], fresh: list[Facts], causes: list[list[Facts]]) -> tuple[str, str]:
    """Return in which way the new findings differ from what the model names; None if they agree."""
    surplus = [found for found in fresh if not any(found in cause for cause in causes)]
    if surplus:
        return "surplus " + surplus[0][0], f"found in vain {surplus}"
    missing = [cause for cause in causes if not reported(cause, [*known, *fresh])]
    if missing:
        return "missing " + missing[0][0][0], f"found none of {missing[0]}"
    told = next((found for found in fresh if found not in known), None)
    for cause in causes:
        if told in cause:
            break
        if not reported(cause, known):
            return "first", f"first {told}, not {cause}"
    return "", ""


def reported(cause: list[Facts], known: Iterable[Facts]) -> bool:
    """Return whether one of a cause's violations was reported before; its classes identify it."""
    return any(family(found) == family(violation) for found in known for violation in cause)


def family(found: Facts) -> Facts:
    title, about = found
    return ("lock order" if title.endswith("lock order detected") else title), about


def facts(finding: Any) -> Facts:
    return normal(finding.title, tuple(VERSION.sub("", name) for name in finding.classes))


def normal(title: str, about: tuple[str, ...]) -> Facts:
    if title in ABOUT_ONE_CLASS:
        return title, about[:1]
    if title == CIRCULAR:
        return title, circle(about)
    return title, about


def run(steps: Iterable[Call], scene: Scene) -> None:
    for step in steps:
        try:
            scene.run(step)
        except scene.world.stuck:
            pass


def quiet(steps: Iterable[Call]) -> bool:
    """Return whether everything that was taken, entered or disabled was undone."""
    depth = 0
    for step in steps:
        name = step.operation
        undone = name.endswith(("unlock", "_exit", "_enable"))
        depth += -1 if undone else 0 if name in ("might_lock", "sync") else 1
    return depth == 0


def describe(case: Case, text: str) -> str:
    """Return what differs, and the program as a case that can be run by itself."""
    program = {
        "name": "disagreement",
        "row": "random",
        "column": "random",
        "locks": case.locks,
        "classes": {name: case.classes[name] for name in case.locks},
        "ops": [[step.operation, *step.arguments] for step in case.steps],
        "expect": "report",
        "env": {"force_read_lock_recursive": case.reads_recurse},
    }
    return f"{text}\n{json.dumps(program)}"
