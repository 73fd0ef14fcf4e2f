"""An assert_...() that does not hold (kernel: lockdep_assert and related macros)."""

from __future__ import annotations

from lockdep.splats.document import Brief, Side
from lockdep.splats.interrupts import event_lines, last_switches, who
from lockdep.splats.page import INFO, Body, Page
from lockdep.splats.sketch import Letters, holding, standing
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.assertion import FailedAssertion


@tells(FailedAssertion)
def body(page: Page, violation: FailedAssertion) -> Body:
    """Return the report: the place, the condition that should hold, and the state of the thread."""
    where = violation.where
    lines: Body = [f"{violation.place}: {violation.assertion}() says that", f"  {violation.text}", ""]
    if violation.classes:
        lines += [f"which is not so for thread {where.thread}:", *map(page.class_line, violation.classes), "", INFO]
    else:
        lines += ["which is not so:", "", INFO, who(where), *event_lines(where.context)]
    return [*lines, *page.tail(where)]


@sketches(FailedAssertion)
def brief(page: Page, violation: FailedAssertion) -> Brief:
    """Return what should be so, where the thread says so, and what it holds; or where the context was switched last."""
    letters, where, text = Letters(page), violation.where, violation.text
    for lock_class in violation.classes:
        text = text.replace(lock_class.name, letters.of(lock_class))
    says = f"{where.thread} {holding(letters, where)}asserts what is not so: {text}"
    told = [] if violation.classes else last_switches(where.context)
    told.append(Side(says, standing(letters, where, "fails")))
    fix = "take the lock in the caller, or correct the assertion" if violation.classes else CALLER
    return Brief(letters.rows(), tuple(told), None, None, fix)


CALLER = "let the caller see to it, or correct the assertion"
