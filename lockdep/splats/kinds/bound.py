"""A configured limit was reached (kernel: print_lockdep_off, which ends validation; here it continues)."""

from __future__ import annotations

from lockdep.splats.page import Body, Page, frames
from lockdep.splats.tellers import tells
from lockdep.violations.bound import BoundReached


@tells(BoundReached)
def body(page: Page, violation: BoundReached) -> Body:
    """Return the report: the limit, what is no longer checked, and how to raise the limit."""
    lines: Body = [f"{violation.option} = {violation.bound} is reached: {violation.lost}.", "Everything else goes on."]
    lines += [f'Set a larger one: LOCKDEP_OPTIONS="{violation.option}=...", or in [tool.lockdep] of pyproject.toml.']
    lines += [page.class_line(lock_class) for lock_class in violation.classes]
    return [*lines, "", f"thread {violation.where.thread} came upon it at:", frames(violation.where.stack)]
