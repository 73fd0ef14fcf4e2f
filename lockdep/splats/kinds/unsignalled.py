"""A thread waits for a signal that so far only itself has given, or threads that have ended."""

from __future__ import annotations

from lockdep.splats.document import Brief, Side
from lockdep.splats.page import Body, Page, outcome
from lockdep.splats.sketch import Letters, holding, standing
from lockdep.splats.tellers import sketches, tells
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


@sketches(WaitForOwnSignal)
def brief(page: Page, violation: WaitForOwnSignal) -> Brief:
    """Return where the thread waits, and who has signalled until now."""
    letters, where = Letters(page), violation.where
    timed = " with a timeout" if violation.timed else ""
    awaited = f"{violation.awaited} [{violation.awaited_place}]{timed}"
    told = Side(f"{where.thread} {holding(letters, where)}waits for {awaited}", standing(letters, where, "waits"))
    said = "" if violation.itself and not violation.in_loop else who(violation).rstrip(".")  # the evidence says it
    fix = "let another thread signal, or do not wait in the thread that has to signal (in its callbacks, for example)"
    return Brief(letters.rows(), (told,), None, outcome(timed=violation.timed), fix, said[:1].lower() + said[1:])
