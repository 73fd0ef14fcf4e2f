"""A cycle of dependencies, each with its thread and both stacks (kernel: print_circular_bug)."""

from __future__ import annotations

from lockdep.splats.page import INFO, SCENARIO, Body, Page, chain_line, heading, outcome, table
from lockdep.splats.steps import column, dependency_block, dependency_heading
from lockdep.splats.tellers import tells
from lockdep.violations.circular import CircularDependency
from lockdep.vocabulary.kinds import EVENT, TIMED, WAIT


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
    return [*lines, "", outcome(timed=any(kind & TIMED for kind, _ in violation.chosen)), ""]
