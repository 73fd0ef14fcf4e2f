"""A lock, an annotation or a switch used against its rules (kernel: DEBUG_LOCKS_WARN_ON and others)."""

from __future__ import annotations

from lockdep.splats.document import Brief, Side
from lockdep.splats.page import INFO, Body, Page, line, place
from lockdep.splats.sketch import Letters, standing
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.misuse import LockMisuse


@tells(LockMisuse)
def body(page: Page, violation: LockMisuse) -> Body:
    """Return the report: the rule that was broken, the locks, and the place."""
    where = violation.where
    lines: Body = [line(f"thread {where.thread}, at ", place(where.stack), ":"), f"  {violation.text}"]
    if violation.classes:
        lines += ["", "this is about:", *map(page.class_line, violation.classes)]
    return [*lines, "", INFO, *page.tail(where)]


@sketches(LockMisuse)
def brief(page: Page, violation: LockMisuse) -> Brief:
    """Return the rule that was broken, and the place."""
    letters, where = Letters(page), violation.where
    about = ", ".join(letters.of(lock_class) for lock_class in violation.classes)
    head = f"{where.thread} uses {about or 'it'} against the rule"
    told = Side(head, standing(letters, where, "here"))
    return Brief(letters.rows(), (told,), None, None, "")
