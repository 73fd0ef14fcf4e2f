"""Waiting, with a lock held, for a thread or work item that takes it."""

from __future__ import annotations

from lockdep.splats.page import INFO, SCENARIO, TAKEN, Lines, Page, outcome, stack_lines, table
from lockdep.splats.tellers import tells
from lockdep.violations.join import JoinWhileHolding


@tells(JoinWhileHolding)
def body(page: Page, violation: JoinWhileHolding) -> Lines:
    """Return the report of such a wait."""
    lock_class = violation.prev.lock_class
    timed = " with a timeout" if violation.timed else ""
    lines = [f"thread {violation.where.thread} waits{timed} for:"]
    lines += [f"  {violation.awaited} [{violation.awaited_place}]", "", "while it is holding lock:"]
    lines += [page.class_line(lock_class), f" {TAKEN}:", *stack_lines(violation.prev.stack), ""]
    lines += ["and what it waits for takes that lock, first taken like that at:", *stack_lines(violation.taken), ""]
    lines += [INFO, SCENARIO, ""]
    lines += table([
        [f"lock({lock_class.name});", f"join({violation.awaited_place});"],
        [f"[{violation.awaited}]", f"lock({lock_class.name});"],
    ])  # fmt: skip
    return [*lines, "", outcome(timed=violation.timed), "", *page.tail(violation.where)]
