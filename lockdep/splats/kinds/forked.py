"""A lock that the child of a fork has from its parent."""

from __future__ import annotations

from lockdep.splats.document import Brief, Scenario, Side
from lockdep.splats.page import SCENARIO, TAKEN, Body, Page, backtrace, frames, heading, line, outcome
from lockdep.splats.sketch import Letters, calls, short_heads
from lockdep.splats.tellers import sketches, tells
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


@sketches(ForkedLock)
def brief(page: Page, violation: ForkedLock) -> Brief:
    """Return who used the lock, where the process was forked, and where the child wants the lock."""
    letters, other = Letters(page), violation.other
    lock = letters.of(violation.lock_class)
    if violation.held:
        told = [Side(f"{other} held {lock} at the fork", calls((violation.taken, f"holds {lock}")))]
    else:
        told = [Side(f"{other} used {lock} before the fork", ())]
    told.append(Side("another thread forked", calls((violation.forked, "forks"))))
    if violation.waits:
        told.append(Side(f"the child wants {lock}", calls((violation.where.stack, f"wants {lock}"))))
    steps = (0, f"lock({lock});"), (1, "fork();"), (1, "in the child:"), (1, f"  lock({lock});")
    table = Scenario(steps, short_heads((other, "the thread that forks")))
    return Brief(letters.rows(), tuple(told), table, outcome(timed=False), FIX.format(lock=lock), WHY)


WHY = "a child has only the thread that forked: what another one holds at that moment stays locked there, for ever"
FIX = "make {lock} anew in the child, take it in a `before` hook of os.register_at_fork, or fork before threads start"
