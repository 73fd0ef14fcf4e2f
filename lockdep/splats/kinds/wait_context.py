"""A lock that may have to wait is taken where such a wait is not allowed (kernel: print_lock_invalid_wait_context)."""

from __future__ import annotations

from lockdep.splats.document import Part
from lockdep.splats.page import INFO, Body, Page, line
from lockdep.splats.tellers import tells
from lockdep.violations.wait_context import InvalidWaitContext

WAITS = ("INV", "FREE", "SPIN", "CONFIG", "SLEEP", "MAX")


@tells(InvalidWaitContext)
def body(page: Page, violation: InvalidWaitContext) -> Body:
    """Return the report: the lock, what forbids the wait, and the context."""
    lock_class, where = violation.lock_class, violation.where
    lines: Body = [f"thread {where.thread} is trying to lock:", page.class_line(lock_class), ""]
    lines += [f"which can be a wait of type {wait(lock_class.outer)}"]
    lines += [line(f"where at most {wait(violation.tightest)} is allowed: ", *reason(page, violation)), "", INFO]
    return [*lines, f"context-{{{violation.context}:{violation.context}}}", *page.tail(where)]


def wait(number: int) -> str:
    """Return a wait type by name and number."""
    return f"{WAITS[number]} ({number})"


def reason(page: Page, violation: InvalidWaitContext) -> tuple[Part, ...]:
    """Return what forbids a longer wait: the handler that is running, or a held lock."""
    if violation.context == violation.tightest:
        inside = min(violation.where.context.inside, key=lambda state: state.wait)
        return (f"in a {inside.noun} handler",)
    return "under ", page.class_name(violation.classes[1])
