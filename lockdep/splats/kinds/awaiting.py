"""A lock of threads that is held across an await."""

from __future__ import annotations

from lockdep.splats.document import Brief, Scenario, Side
from lockdep.splats.page import SCENARIO, TAKEN, Body, Page, frames, heading, outcome
from lockdep.splats.sketch import Letters, calls
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.awaiting import HeldAwaiting


@tells(HeldAwaiting)
def body(page: Page, violation: HeldAwaiting) -> Body:
    """Return the report: the lock, where it was taken, where the task waits, and what happens then."""
    lock = violation.lock
    name = lock.lock_class.name
    lines: Body = [f"a task of an event loop in {violation.where.thread} waits while it holds lock:"]
    lines += [page.class_line(lock.lock_class), "", f"which it has {TAKEN}:", frames(lock.stack), ""]
    lines += [heading("the task awaits at:"), frames(violation.where.stack), "", SCENARIO, ""]
    steps = ((0, f"lock({name});"), (0, "await ...;"), (1, f"lock({name});"))
    lines += ["  thread 0 and thread 1 are two tasks of one event loop", "", Scenario(steps), ""]
    return [*lines, outcome(timed=False), "", *ADVICE]


ADVICE = (
    " The second task stops the thread of its loop, in which the first one would go on. Use an asyncio.Lock, or",
    " release the lock before the await.",
)


@sketches(HeldAwaiting)
def brief(page: Page, violation: HeldAwaiting) -> Brief:
    """Return where the task took the lock and awaits, and what another task of its loop does then."""
    letters, lock = Letters(page), violation.lock
    name = letters.of(lock.lock_class)
    told = Side(
        f"a task in {violation.where.thread} holds {name}, and awaits",
        calls((lock.stack, f"holds {name}"), (violation.where.stack, "awaits")),
    )
    steps = ((0, f"lock({name});"), (0, "await ...;"), (1, f"lock({name});"))
    why = "the second task stops the thread of their loop, in which the first one would go on"
    fix = f"use an asyncio.Lock, or release {name} before the await"
    table = Scenario(steps, ("this task", "another task of its loop"))
    return Brief(letters.rows(), (told,), table, outcome(timed=False), fix, why)
