"""A lock names a nest lock, which is not held (kernel: print_lock_nested_lock_not_held)."""

from __future__ import annotations

from lockdep.splats.page import INFO, Body, Page
from lockdep.splats.tellers import tells
from lockdep.violations.nest import NestNotHeld


@tells(NestNotHeld)
def body(page: Page, violation: NestNotHeld) -> Body:
    """Return the report: the lock, and the nest lock that is not held."""
    lines: Body = [f"thread {violation.where.thread} is trying to lock:", page.class_line(violation.lock_class), ""]
    lines += ["but this thread is not holding:", page.class_line(violation.nest_class), ""]
    lines += ["which is named to keep the order of such locks when several are held.", "", INFO]
    return [*lines, *page.tail(violation.where)]
