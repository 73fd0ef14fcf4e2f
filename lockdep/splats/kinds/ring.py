"""Locks of one class were taken in orders that form a ring."""

from __future__ import annotations

from lockdep.splats.page import INFO, SCENARIO, TAKEN, Body, Page, frames, heading, outcome, table
from lockdep.splats.tellers import tells
from lockdep.violations.ring import InstanceRing


@tells(InstanceRing)
def body(page: Page, violation: InstanceRing) -> Body:
    """Return the report of a ring among the instances of one class."""
    names = {one.prev_serial: "" for one in violation.ring}
    names = {serial: f"instance {number}" for number, serial in enumerate(names, 1)}
    lines: Body = [f"thread {violation.where.thread} takes locks of one class in an order that closes a ring:"]
    lines += [page.class_line(violation.lock_class)]
    for number, witness in reversed(list(enumerate(violation.ring))):
        prev, next_ = names[witness.prev_serial], names.get(witness.next_serial, "another instance")
        lines += ["", heading(f"-> #{number} {prev} --> {next_}: {witness.thread}")]
        lines += [f"   held {prev}, {TAKEN}:", frames(witness.prev_stack)]
        lines += [f"   to acquire {next_} at:", frames(witness.next_stack)]
    columns = [[f"lock({names[w.prev_serial]});", f"lock({names.get(w.next_serial, '?')});"] for w in violation.ring]
    lines += [
        "",
        INFO,
        SCENARIO,
        "",
        table(columns),
        "",
        outcome(timed=False),
        "",
        " Take locks of one class in one order, by a number of their own for instance",
        "",
    ]
    return [*lines, *page.tail(violation.where)]
