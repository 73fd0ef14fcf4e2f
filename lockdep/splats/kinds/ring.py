"""Locks of one class were taken in orders that form a ring."""

from __future__ import annotations

from lockdep.splats.document import Brief, Side
from lockdep.splats.page import INFO, SCENARIO, TAKEN, Body, Page, frames, heading, outcome, table
from lockdep.splats.sketch import Letters, calls, scene
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.ring import InstanceRing

FIX = "take locks of one class in one order, by a number of their own for instance"


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
        f" {FIX.capitalize()}",
        "",
    ]
    return [*lines, *page.tail(violation.where)]


@sketches(InstanceRing)
def brief(page: Page, violation: InstanceRing) -> Brief:
    """Return what the thread of each step of the ring does; A1 and A2 are instances of class A."""
    letters = Letters(page)
    letter = letters.of(violation.lock_class)
    serials = dict.fromkeys(witness.prev_serial for witness in violation.ring)
    names = {serial: f"{letter}{number}" for number, serial in enumerate(serials, 1)}
    told, columns = [], []
    for witness in violation.ring:
        prev, next_ = names[witness.prev_serial], names.get(witness.next_serial, f"another {letter}")
        stacks = (witness.prev_stack, f"holds {prev}"), (witness.next_stack, f"wants {next_}")
        told.append(Side(f"{witness.thread} took {prev}, then {next_}", calls(*stacks)))
        columns.append((witness.thread, [f"lock({prev});", f"lock({next_});"]))
    fix = f"{FIX}, or release {next(iter(names.values()))} before the next one is taken"
    return Brief(letters.rows(), tuple(told), scene(columns), outcome(timed=False), fix)
