"""A thread waits for a signal that so far only itself has given, or threads that have ended."""

from __future__ import annotations

from lockdep.splats.page import Body, Page, outcome
from lockdep.splats.tellers import tells
from lockdep.violations.unsignalled import WaitForOwnSignal


@tells(WaitForOwnSignal)
def body(page: Page, violation: WaitForOwnSignal) -> Body:
    """Return the report: what is waited for, and who has signalled it until now."""
    timed = " with a timeout" if violation.timed else ""
    lines: Body = [f"thread {violation.where.thread} waits{timed} for {violation.awaited}:"]
    lines += [f"  {violation.awaited_place}", "", f" {who(violation)}", ""]
    return [*lines, outcome(timed=violation.timed), "", *page.tail(violation.where)]


def who(violation: WaitForOwnSignal) -> str:
    """Return who has signalled such things, or could."""
    if violation.in_loop:
        return "The event loop that this thread runs stands still until the wait ends, and there is no other thread."
    if violation.itself:
        return f"Only this thread [{violation.thread_place}] has signalled what is made there, and it waits now."
    return "The threads that have signalled it until now have ended."
