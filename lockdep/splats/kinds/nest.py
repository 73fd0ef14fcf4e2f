"""A lock names a nest lock, which is not held (kernel: print_lock_nested_lock_not_held)."""

from __future__ import annotations

from lockdep.splats.document import Brief, Side
from lockdep.splats.page import INFO, Body, Page
from lockdep.splats.sketch import Letters, standing
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.nest import NestNotHeld


@tells(NestNotHeld)
def body(page: Page, violation: NestNotHeld) -> Body:
    """Return the report: the lock, and the nest lock that is not held."""
    lines: Body = [f"thread {violation.where.thread} is trying to lock:", page.class_line(violation.lock_class), ""]
    lines += ["but this thread is not holding:", page.class_line(violation.nest_class), ""]
    lines += ["which is named to keep the order of such locks when several are held.", "", INFO]
    return [*lines, *page.tail(violation.where)]


@sketches(NestNotHeld)
def brief(page: Page, violation: NestNotHeld) -> Brief:
    """Return where the lock is taken, and the nest lock that is not held."""
    letters, where = Letters(page), violation.where
    lock, nest = letters.of(violation.lock_class), letters.of(violation.nest_class)
    told = Side(
        f"{where.thread} takes {lock} nested in {nest}, but does not hold {nest}",
        standing(letters, where, f"wants {lock}"),
    )
    why = f"{nest} is named to keep the order of such locks when several are held"
    return Brief(letters.rows(), (told,), None, None, f"take {nest} first", why)
