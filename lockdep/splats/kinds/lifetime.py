"""A thread that ended while it held locks."""

from __future__ import annotations

from lockdep.splats.document import Brief, Side
from lockdep.splats.page import Body, Page, frames
from lockdep.splats.sketch import Letters, calls
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.lifetime import EndedHolding


@tells(EndedHolding)
def body(page: Page, violation: EndedHolding) -> Body:
    """Return the report: the locks that the thread held, and where it took them."""
    lines = page.held_list(violation.where)
    for number, lock in enumerate(violation.where.held):
        lines += ["", f"#{number} was first taken at:", frames(lock.stack)]
    return lines


@sketches(EndedHolding)
def brief(page: Page, violation: EndedHolding) -> Brief:
    """Return where the thread took the locks that it held at its end."""
    letters, where = Letters(page), violation.where
    held = [(lock.stack, f"holds {letters.of(lock.lock_class)}") for lock in where.held]
    names = ", ".join(letter.letter for letter in letters.rows())
    told = Side(f"{where.thread} took {names}, and ended", calls(*held))
    return Brief(letters.rows(), (told,), None, None, "take it in a `with` statement, or release it in a `finally`")
