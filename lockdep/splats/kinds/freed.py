"""A lock that is initialised again or collected while it is held (kernel: print_freed_lock_bug)."""

from __future__ import annotations

from lockdep.splats.document import Brief, Side
from lockdep.splats.page import INFO, Body, Page
from lockdep.splats.sketch import Letters, standing
from lockdep.splats.tellers import sketches, tells
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


@sketches(HeldLockFreed)
def brief(page: Page, violation: HeldLockFreed) -> Brief:
    """Return who holds the lock, and where it is initialised again, or noticed to be gone."""
    letters, where = Letters(page), violation.where
    lock, holder = letters.of(violation.lock_class), violation.owner or "a thread that has ended"
    if violation.how == "collected":
        head, mark = f"{lock} was collected while {holder} held it, as {where.thread} noticed", "notices"
    else:
        who = "it" if holder == where.thread else holder
        head, mark = f"{where.thread} initialises {lock} again, while {who} holds it", f"frees {lock}"
    told = Side(head, standing(letters, where, mark))
    return Brief(letters.rows(), (told,), None, None, f"release {lock} first")
