"""Locks are taken in another order than the program has declared."""

from __future__ import annotations

from lockdep.splats.document import Brief, Side
from lockdep.splats.page import INFO, Body, Page, chain_line, line
from lockdep.splats.sketch import Letters, calls
from lockdep.splats.tellers import sketches, tells
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


@sketches(DeclaredOrder)
def brief(page: Page, violation: DeclaredOrder) -> Brief:
    """Return the order in which the thread takes the locks, and the one that is declared."""
    letters, where = Letters(page), violation.where
    held, wanted = letters.of(violation.held.lock_class), letters.of(violation.lock_class)
    stacks = (violation.held.stack, f"holds {held}"), (where.stack, f"wants {wanted}")
    order = ", then ".join(letters.of(one) for one, _ in violation.declared)
    places = ", ".join(dict.fromkeys(place for _, place in violation.declared if place))
    declared = Side(f"declared: {order}" + (f" [{places}]" if places else ""), ())
    took = Side(f"{where.thread} took {held}, then {wanted}", calls(*stacks))
    return Brief(letters.rows(), (took, declared), None, None, f"take {wanted} first, or correct the declaration")
