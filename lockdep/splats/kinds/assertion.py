"""An assert_...() that does not hold (kernel: lockdep_assert and related macros)."""

from __future__ import annotations

from lockdep.splats.interrupts import event_lines, who
from lockdep.splats.page import INFO, Body, Page
from lockdep.splats.tellers import tells
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
