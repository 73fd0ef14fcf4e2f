"""A thread waits, while it holds a lock, for a thread or work item that takes this lock."""

from __future__ import annotations

from lockdep.splats.document import Brief, Side
from lockdep.splats.page import INFO, SCENARIO, TAKEN, Body, Page, frames, outcome, table
from lockdep.splats.sketch import Letters, calls, scene, waiting_side
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.join import JoinWhileHolding


@tells(JoinWhileHolding)
def body(page: Page, violation: JoinWhileHolding) -> Body:
    """Return the report: the wait, the held lock, and the place where the awaited code took it."""
    lock_class = violation.prev.lock_class
    timed = " with a timeout" if violation.timed else ""
    lines: Body = [f"thread {violation.where.thread} waits{timed} for:"]
    lines += [f"  {violation.awaited} [{violation.awaited_place}]", "", "while it is holding lock:"]
    lines += [page.class_line(lock_class), f" {TAKEN}:", frames(violation.prev.stack), ""]
    taker = violation.taker or "what it waits for"
    lines += [f"and {taker} took that lock{gives_up(violation)} at:", frames(violation.taken), ""]
    waiter = [f"lock({lock_class.name});", f"join({violation.awaited_place});"]
    awaited = [f"[{violation.taker or violation.awaited}]", f"lock({lock_class.name});"]
    return [
        *lines,
        INFO,
        SCENARIO,
        "",
        table([waiter, awaited]),
        "",
        outcome(timed=violation.ends),
        "",
        *page.tail(violation.where),
    ]


@sketches(JoinWhileHolding)
def brief(page: Page, violation: JoinWhileHolding) -> Brief:
    """Return where the waiting thread took the lock and waits, and where the other one takes it."""
    letters = Letters(page)
    lock, who = letters.of(violation.prev.lock_class), violation.where.thread
    waits = waiting_side(lock, violation)
    taker = violation.taker or violation.awaited
    takes = Side(f"{taker} takes {lock}{gives_up(violation)}", calls((violation.taken, f"wants {lock}")))
    table = scene([(who, [f"lock({lock});", "wait;"]), (taker, ["...", f"lock({lock});"])])
    fix = f"release {lock} before the wait"
    return Brief(letters.rows(), (waits, takes), table, outcome(timed=violation.ends), fix)


def gives_up(violation: JoinWhileHolding) -> str:
    """Return what is to be said of how the lock is taken by what is waited for."""
    return " with a timeout" if violation.gives_up else ""
