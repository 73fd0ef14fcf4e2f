"""A thread waits for a coroutine that only the event loop of this thread can run."""

from __future__ import annotations

from lockdep.splats.document import Brief, Side
from lockdep.splats.page import Body, Page, outcome
from lockdep.splats.sketch import Letters, holding, standing
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.loop import WaitForOwnLoop


@tells(WaitForOwnLoop)
def body(page: Page, violation: WaitForOwnLoop) -> Body:
    """Return the report: what is waited for, and why it does not come."""
    timed = " with a timeout" if violation.timed else ""
    lines: Body = [f"thread {violation.where.thread} waits{timed} for the result of:"]
    lines += [f"  coroutine {violation.awaited} [{violation.awaited_place}]", ""]
    lines += [" It was given to the event loop that this thread runs, which stands still until the wait ends.", ""]
    return [*lines, outcome(timed=violation.timed), "", *page.tail(violation.where)]


@sketches(WaitForOwnLoop)
def brief(page: Page, violation: WaitForOwnLoop) -> Brief:
    """Return where the thread waits, and why what it waits for does not come."""
    letters, where = Letters(page), violation.where
    timed = " with a timeout" if violation.timed else ""
    awaited = f"coroutine {violation.awaited} [{violation.awaited_place}]{timed}"
    told = Side(f"{where.thread} {holding(letters, where)}waits for {awaited}", standing(letters, where, "waits"))
    why = "it was given to the event loop that this thread runs, which stands still until the wait ends"
    return Brief(letters.rows(), (told,), None, outcome(timed=violation.timed), "await the coroutine", why)
