"""A lock that is initialised again or collected while it is held (kernel: print_freed_lock_bug)."""

from __future__ import annotations

from lockdep.splats.page import INFO, Body, Page
from lockdep.splats.tellers import tells
from lockdep.violations.freed import HeldLockFreed


@tells(HeldLockFreed)
def body(page: Page, violation: HeldLockFreed) -> Body:
    """Return the report. That a held lock was collected is noticed only later, perhaps by another thread."""
    where, holder = violation.where, violation.owner or "a thread that has ended"
    if violation.how == "collected":
        head = f"thread {where.thread} noticed that a lock was collected, still held by {holder}!"
    else:
        head = f"thread {where.thread} is initialising a lock again, still held by {holder}!"
    return [head, page.class_line(violation.lock_class), "", INFO, *page.tail(where)]
