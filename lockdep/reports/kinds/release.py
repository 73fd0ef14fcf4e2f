"""A release of a lock that is not held (kernel: print_unlock_imbalance_bug)."""

from __future__ import annotations

from lockdep.reports.page import INFO, Lines, Page, stack_lines
from lockdep.violations import BadRelease


def body(page: Page, violation: BadRelease) -> Lines:
    """Return the report of a release that fits no acquisition."""
    where = violation.where
    lines = [f"thread {where.thread} is trying to release lock ({violation.lock_class.name}) at:"]
    lines += stack_lines(where.stack)
    lines += [f"but it is held by {violation.owner}!" if violation.owner else "but there are no more locks to release!"]
    return [*lines, "", INFO, *page.held_list(where)]
