"""A cycle of dependencies, each with its thread and both stacks (kernel: print_circular_bug)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set

from lockdep.graph.classes import LockClass
from lockdep.graph.modules import is_module
from lockdep.splats.document import Brief, Side
from lockdep.splats.page import INFO, SCENARIO, Body, Page, chain_line, heading, outcome, table
from lockdep.splats.sketch import Letters, calls, scene
from lockdep.splats.steps import column, dependency_block, dependency_heading, sides
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.circular import CircularDependency
from lockdep.vocabulary.kinds import EVENT, TIMED, WAIT

OF_IMPORTS = [
    "An import holds the lock of its module until the module's code has run; other",
    "threads that import the module wait for it, whatever locks they hold.",
]


@tells(CircularDependency)
def body(page: Page, violation: CircularDependency) -> Body:
    """Return the report of a cycle."""
    kind, closing = violation.chosen[-1]
    prev, next_ = violation.path[-1].prev, violation.path[-1].next
    wants = f"waiting for {closing.run}, which takes" if kind & WAIT else "trying to acquire"
    timed = " with a timeout" if kind & TIMED else ""
    lines: Body = [f"thread {closing.thread} is {wants} lock{timed}:", page.class_line(next_), ""]
    if kind & EVENT:
        lines = [f"thread {closing.thread} signals what others wait for, while it is holding lock:"]
        lines += [page.class_line(next_), "", "and what it signals is:", page.class_line(prev), ""]
    else:
        lines += ["but it is already holding lock:", page.class_line(prev), ""]
    lines += ["which lock already depends on the new lock.", "", ""]
    lines += [heading("the existing dependency chain (in reverse order) is:")]
    for number, (dependency, (kind, witness)) in reversed(
        list(enumerate(zip(violation.path, violation.chosen, strict=True)))
    ):
        lines += dependency_block(page, number, dependency.prev, dependency.next, kind, witness)
    return [*lines, "", *scenario(violation), *page.tail(violation.where)]


@sketches(CircularDependency)
def brief(page: Page, violation: CircularDependency, shared: Set[tuple[str, str]] = frozenset()) -> Brief:
    """Return what the thread of each dependency does. Those in `shared` were reported before, with their calls."""
    letters = Letters(page)
    if len({*violation.classes}) < len(violation.classes):
        return through_instances(letters, violation)
    told: list[Side] = []
    columns = []
    for dependency, (kind, witness) in zip(violation.path, violation.chosen, strict=True):
        prev, next_ = dependency.prev, dependency.next
        found = sides(letters, prev, next_, kind, witness)
        known = (prev.name, next_.name) in shared
        told += [Side(f"{side.heading} (see there)", ()) for side in found] if known else found
        columns.append((witness.thread, column(kind, prev, next_, witness.mode, letters.taking)))
    kinds = [kind for kind, _ in violation.chosen]
    verdict = outcome(timed=bool([kind for kind in kinds if kind & TIMED]))
    return Brief(letters.rows(), tuple(told), scene(columns), verdict, advice(kinds, letters.of(violation.classes[0])))


def through_instances(letters: Letters, violation: CircularDependency) -> Brief:
    """Return what the thread of each step does in a cycle that passes a class twice; A1 and A2 are locks of class A."""
    several, numbers = Counter(violation.classes), Counter[LockClass]()
    names: dict[int, str] = {}
    for lock_class, (_, witness) in zip(violation.classes, violation.chosen, strict=True):
        numbers[lock_class] += 1
        number = str(numbers[lock_class]) if several[lock_class] > 1 else ""
        names[witness.prev_serial] = letters.of(lock_class) + number
    told, columns = [], []
    for kind, witness in violation.chosen:
        prev, next_ = names[witness.prev_serial], names.get(witness.next_serial, "another lock")
        stacks = (witness.prev_stack, f"holds {prev}"), (witness.next_stack, f"wants {next_}")
        timed = " with a timeout" if kind & TIMED else ""
        told.append(Side(f"{witness.thread} took {prev}, then {next_}{timed}", calls(*stacks)))
        columns.append((witness.thread, [f"lock({prev});", f"lock({next_});"]))
    kinds = [kind for kind, _ in violation.chosen]
    verdict = outcome(timed=bool([kind for kind in kinds if kind & TIMED]))
    return Brief(letters.rows(), tuple(told), scene(columns), verdict, advice(kinds, next(iter(names.values()))))


def advice(kinds: Iterable[int], first: str) -> str:
    """Return what to change."""
    if [kind for kind in kinds if kind & (WAIT | EVENT)]:
        return f"wait when no lock is held that the other side needs, or release {first} first"
    return f"take the locks in one order everywhere, or release {first} before the other one is taken"


def related(page: Page, violation: CircularDependency, shared: set[tuple[str, str]]) -> Body:
    """Return the short report. It shows no stacks for the dependencies in `shared`, which were reported before."""
    lines: Body = ["another cycle through a dependency already reported:", ""]
    for number, (dependency, (kind, witness)) in enumerate(zip(violation.path, violation.chosen, strict=True)):
        prev, next_ = dependency.prev, dependency.next
        if (prev.name, next_.name) in shared:
            lines += ["", dependency_heading(page, number, prev, next_, "see there")]
        else:
            lines += dependency_block(page, number, prev, next_, kind, witness)
    return lines


def scenario(violation: CircularDependency) -> Body:
    """Return the table: one column, which is one thread, for each dependency of the cycle."""
    classes = [dependency.prev for dependency in (*violation.path, violation.path[0])]
    columns = [
        column(kind, dependency.prev, dependency.next, witness.mode)
        for dependency, (kind, witness) in zip(violation.path, violation.chosen, strict=True)
    ]
    lines: Body = [INFO, "", "Chain exists of:", chain_line(classes), "", SCENARIO, "", table(columns)]
    if any(map(is_module, classes)):
        lines += ["", *OF_IMPORTS]
    return [*lines, "", outcome(timed=bool([kind for kind, _ in violation.chosen if kind & TIMED])), ""]
