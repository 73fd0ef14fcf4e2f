"""Locks are taken in another order than the program has declared."""

from __future__ import annotations

from lockdep.splats.page import INFO, Body, Page, chain_line, line
from lockdep.splats.tellers import tells
from lockdep.violations.declared import DeclaredOrder


@tells(DeclaredOrder)
def body(page: Page, violation: DeclaredOrder) -> Body:
    """Return the report: both locks, and the order with the places where it was declared."""
    where = violation.where
    lines: Body = [f"thread {where.thread} is trying to acquire lock:", page.class_line(violation.lock_class), ""]
    lines += ["but it is already holding lock:", line("  ", *page.lock_parts(violation.held)), ""]
    lines += ["which is declared to come after the new lock:", chain_line([one for one, _ in violation.declared])]
    lines += [f"  declared at {place}" for place in dict.fromkeys(place for _, place in violation.declared if place)]
    return [*lines, "", INFO, *page.tail(where)]
