"""A thread that ended while it held locks."""

from __future__ import annotations

from lockdep.splats.page import Body, Page, frames
from lockdep.splats.tellers import tells
from lockdep.violations.lifetime import EndedHolding


@tells(EndedHolding)
def body(page: Page, violation: EndedHolding) -> Body:
    """Return the report: the locks that the thread held, and where it took them."""
    lines = page.held_list(violation.where)
    for number, lock in enumerate(violation.where.held):
        lines += ["", f"#{number} was first taken at:", frames(lock.stack)]
    return lines
