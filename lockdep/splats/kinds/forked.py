"""A lock that the child of a fork has from its parent."""

from __future__ import annotations

from lockdep.splats.document import Scenario
from lockdep.splats.page import SCENARIO, TAKEN, Body, Page, backtrace, frames, heading, line, outcome
from lockdep.splats.tellers import tells
from lockdep.violations.forked import ForkedLock


@tells(ForkedLock)
def body(page: Page, violation: ForkedLock) -> Body:
    """Return the report: the lock, who used it, where the process was forked, and what can be done."""
    lock, other = violation.lock_class, violation.other
    does = "waits for" if violation.waits else "starts with"
    lines: Body = [f"a forked child {does} lock:", page.class_line(lock), ""]
    if violation.held:
        lines += [f"which {other} held at the fork, {TAKEN}:", frames(violation.taken)]
    else:
        lines += [f"which {other} used before the fork."]
    lines += ["", heading("the process was forked at:"), frames(violation.forked), ""]
    steps = ((0, f"lock({lock.name});"), (1, "fork();"), (1, "in the child:"), (1, f"  lock({lock.name});"))
    lines += [SCENARIO, "", line(f"  thread 0 is {other}, thread 1 forks"), "", Scenario(steps), ""]
    return [*lines, outcome(timed=False), "", *ADVICE, *(backtrace(violation.where.stack) if violation.waits else [])]


ADVICE = (
    " A child has only the thread that forked. A lock that another thread holds at that moment stays locked there, for",
    " ever. Make the lock anew in the child, take it in a `before` hook of os.register_at_fork, or fork before threads",
    " start.",
)
