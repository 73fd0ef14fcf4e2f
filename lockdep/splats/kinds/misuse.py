"""A lock, an annotation or a switch used against its rules (kernel: DEBUG_LOCKS_WARN_ON and others)."""

from __future__ import annotations

from lockdep.splats.page import INFO, Body, Page, line, place
from lockdep.splats.tellers import tells
from lockdep.violations.misuse import LockMisuse


@tells(LockMisuse)
def body(page: Page, violation: LockMisuse) -> Body:
    """Return the report: the rule that was broken, the locks, and the place."""
    where = violation.where
    lines: Body = [line(f"thread {where.thread}, at ", place(where.stack), ":"), f"  {violation.text}"]
    if violation.classes:
        lines += ["", "this is about:", *map(page.class_line, violation.classes)]
    return [*lines, "", INFO, *page.tail(where)]
