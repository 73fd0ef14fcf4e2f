"""A release of a lock that is not held (kernel: print_unlock_imbalance_bug)."""

from __future__ import annotations

from lockdep.splats.page import INFO, Lines, Page, backtrace, stack_lines
from lockdep.splats.tellers import tells
from lockdep.trace import site
from lockdep.violations.release import BadRelease


@tells(BadRelease)
def body(page: Page, violation: BadRelease) -> Lines:
    """Return the report of a release that fits no acquisition."""
    where, lock_class = violation.where, violation.lock_class
    if lock_class.by_instance:
        return drop_in(page, violation)
    lines = [f"thread {where.thread} is trying to release lock ({lock_class.name}) at:", f"  {site(where.stack)}"]
    lines += ["but there are no more locks to release!", "", INFO, *page.held_list(where)]
    lines += [f"the lock is held by {violation.owner}."] if violation.owner else []
    return [*lines, *backtrace(where.stack)]


def drop_in(page: Page, violation: BadRelease) -> Lines:
    """Return it for a lock of threading, where the owner tells more."""
    where = violation.where
    lines = [f"thread {where.thread} is trying to release lock ({violation.lock_class.name}) at:"]
    lines += stack_lines(where.stack)
    lines += [f"but it is held by {violation.owner}!" if violation.owner else "but there are no more locks to release!"]
    return [*lines, "", INFO, *page.held_list(where)]
