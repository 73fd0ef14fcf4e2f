"""A configured limit was reached (kernel: print_lockdep_off, which ends validation; here it continues)."""

from __future__ import annotations

from lockdep.splats.document import Brief, Side
from lockdep.splats.page import Body, Page, frames
from lockdep.splats.sketch import Letters, calls
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.bound import BoundReached


@tells(BoundReached)
def body(page: Page, violation: BoundReached) -> Body:
    """Return the report: the limit, what is no longer checked, and how to raise the limit."""
    lines: Body = [f"{violation.option} = {violation.bound} is reached: {violation.lost}.", "Everything else goes on."]
    lines += [f'Set a larger one: LOCKDEP_OPTIONS="{violation.option}=...", or in [tool.lockdep] of pyproject.toml.']
    lines += [page.class_line(lock_class) for lock_class in violation.classes]
    return [*lines, "", f"thread {violation.where.thread} came upon it at:", frames(violation.where.stack)]


@sketches(BoundReached)
def brief(page: Page, violation: BoundReached) -> Brief:
    """Return the limit, and where it was reached."""
    letters, option = Letters(page), violation.option
    for lock_class in violation.classes:
        letters.of(lock_class)
    head = f"{violation.where.thread} reached {option} = {violation.bound}"
    told = Side(head, calls((violation.where.stack, "here")))
    fix = f'set a larger one: LOCKDEP_OPTIONS="{option}=...", or {option} in [tool.lockdep] of pyproject.toml'
    why = "everything else goes on"
    return Brief(letters.rows(), (told,), None, None, fix, why)
