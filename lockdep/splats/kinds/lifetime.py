"""A thread that ended with locks held."""

from __future__ import annotations

from lockdep.splats.page import Body, Page, frames
from lockdep.splats.tellers import tells
from lockdep.violations.lifetime import EndedHolding


@tells(EndedHolding)
def body(page: Page, violation: EndedHolding) -> Body:
    """Return what it held, and where each was taken."""
    lines = page.held_list(violation.where)
    for number, lock in enumerate(violation.where.held):
        lines += ["", f"#{number} was first taken at:", frames(lock.stack)]
    return lines
