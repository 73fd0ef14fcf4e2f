"""A lock that may have to wait is taken where such a wait is not allowed (kernel: print_lock_invalid_wait_context)."""

from __future__ import annotations

from lockdep.splats.document import Brief, Part, Side
from lockdep.splats.page import INFO, Body, Page, line
from lockdep.splats.sketch import Letters, standing
from lockdep.splats.tellers import sketches, tells
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


@sketches(InvalidWaitContext)
def brief(page: Page, violation: InvalidWaitContext) -> Brief:
    """Return where the lock is taken, and what forbids to wait for it."""
    letters, where, lock_class = Letters(page), violation.where, violation.lock_class
    lock, under = letters.of(lock_class), violation.classes[1:]
    forbids = f"under {letters.of(under[0])}" if under else reason(page, violation)[0]
    told = Side(f"{where.thread} wants {lock} {forbids}", standing(letters, where, f"wants {lock}"))
    why = f"{lock} can be a wait of type {wait(lock_class.outer)}, where at most {wait(violation.tightest)} is allowed"
    where_else = "earlier, or make the outer lock one that sleeps" if under else "elsewhere, or use a lock that spins"
    fix = f"take {lock} {where_else}"
    return Brief(letters.rows(), (told,), None, None, fix, why)
