"""A release of a lock that is not held (kernel: print_unlock_imbalance_bug)."""

from __future__ import annotations

from lockdep.splats.document import Brief, Line, Side
from lockdep.splats.page import INFO, Body, Page, backtrace, frames, line, place, plain
from lockdep.splats.sketch import Letters, standing
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.release import BadRelease


@tells(BadRelease)
def body(page: Page, violation: BadRelease) -> Body:
    """Return the report of a release without a matching acquisition."""
    where, lock_class = violation.where, violation.lock_class
    if lock_class.by_instance:
        return drop_in(page, violation)
    lines: Body = [trying(violation), line("  ", place(where.stack))]
    lines += ["but there are no more locks to release!", "", INFO, *page.held_list(where)]
    lines += [f"the lock is held by {violation.owner}."] if violation.owner else []
    return [*lines, *backtrace(where.stack)]


def drop_in(page: Page, violation: BadRelease) -> Body:
    """Return the report for a lock of threading; it names the owner."""
    where = violation.where
    lines: Body = [trying(violation), frames(where.stack)]
    lines += [f"but it is held by {violation.owner}!" if violation.owner else "but there are no more locks to release!"]
    return [*lines, "", INFO, *page.held_list(where)]


def trying(violation: BadRelease) -> Line:
    """Return the line that says who releases which lock."""
    return line(f"thread {violation.where.thread} is trying to release lock (", plain(violation.lock_class), ") at:")


@sketches(BadRelease)
def brief(page: Page, violation: BadRelease) -> Brief:
    """Return where the lock is released, and who holds it."""
    letters, where = Letters(page), violation.where
    lock = letters.of(violation.lock_class)
    head = f"{where.thread} releases {lock}, which {violation.owner or 'nobody'} holds"
    told = Side(head, standing(letters, where, f"releases {lock}"))
    return Brief(letters.rows(), (told,), None, None, "release a lock once, in the thread that took it")
