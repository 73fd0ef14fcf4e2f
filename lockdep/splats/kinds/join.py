"""A thread waits, while it holds a lock, for a thread or work item that takes this lock."""

from __future__ import annotations

from lockdep.splats.page import INFO, SCENARIO, TAKEN, Body, Page, frames, outcome, table
from lockdep.splats.tellers import tells
from lockdep.violations.join import JoinWhileHolding


@tells(JoinWhileHolding)
def body(page: Page, violation: JoinWhileHolding) -> Body:
    """Return the report: the wait, the held lock, and the place where the awaited code took it."""
    lock_class = violation.prev.lock_class
    timed = " with a timeout" if violation.timed else ""
    lines: Body = [f"thread {violation.where.thread} waits{timed} for:"]
    lines += [f"  {violation.awaited} [{violation.awaited_place}]", "", "while it is holding lock:"]
    lines += [page.class_line(lock_class), f" {TAKEN}:", frames(violation.prev.stack), ""]
    lines += ["and what it waits for took that lock at:", frames(violation.taken), ""]
    waiter = [f"lock({lock_class.name});", f"join({violation.awaited_place});"]
    awaited = [f"[{violation.awaited}]", f"lock({lock_class.name});"]
    return [
        *lines,
        INFO,
        SCENARIO,
        "",
        table([waiter, awaited]),
        "",
        outcome(timed=violation.timed),
        "",
        *page.tail(violation.where),
    ]
