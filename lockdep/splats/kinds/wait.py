"""A thread waits, while it holds a lock, for a signal that other threads give while they hold the same lock."""

from __future__ import annotations

from lockdep.graph.dependency import Dependency, Witness
from lockdep.splats.document import Brief, Side
from lockdep.splats.page import INFO, SCENARIO, TAKEN, Body, Page, frames, heading, outcome, table
from lockdep.splats.sketch import Letters, calls, scene, waiting_side
from lockdep.splats.steps import column, dependency_block, sides
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.wait import WaitWhileHolding


@tells(WaitWhileHolding)
def body(page: Page, violation: WaitWhileHolding) -> Body:
    """Return the report: the wait, the held lock, and the place where a signaller took it."""
    lock_class = violation.prev.lock_class
    timed = " with a timeout" if violation.timed else ""
    lines: Body = [f"thread {violation.where.thread} waits{timed} for {violation.awaited}:"]
    lines += [f"  {violation.awaited_place}", "", "while it is holding lock:"]
    lines += [page.class_line(lock_class), f" {TAKEN}:", frames(violation.prev.stack), ""]
    lines += their_lines(page, violation)
    waiter = [f"lock({lock_class.name});", f"wait({violation.awaited_place});"]
    signaller = [f"[{violation.signaller}]", f"lock({violation.needed.name});", f"signal({violation.awaited_place});"]
    columns = [column(kind, each.prev, each.next, witness.mode) for each, (kind, witness) in steps_of(violation)]
    return [
        *lines,
        INFO,
        SCENARIO,
        "",
        table([waiter, *columns, signaller]),
        "",
        outcome(timed=violation.timed),
        "",
        *page.tail(violation.where),
    ]


def steps_of(violation: WaitWhileHolding) -> list[tuple[Dependency, tuple[int, Witness]]]:
    """Return the dependencies that lead from the signaller's lock to the waiter's, with their witnesses."""
    return list(zip(violation.path, violation.chosen, strict=True))


def their_lines(page: Page, violation: WaitWhileHolding) -> Body:
    """Return where a signaller took its lock, where it signalled while it held it, and what leads to the waiter's."""
    lock, who = f"lock {violation.needed.name}" if violation.path else "that lock", violation.signaller
    if not violation.signalled.steps:
        lines: Body = [f"and {who} took {lock} on its way to the signal, at:", frames(violation.taken), ""]
    else:
        lines = [f"and {who} held {lock} when it signalled, taken at:", frames(violation.taken), ""]
        lines += ["it signalled at:", frames(violation.signalled), ""]
    if violation.path:
        lines += [heading("from which others come to the lock that is held:")]
    for number, (each, (kind, witness)) in enumerate(steps_of(violation)):
        lines += dependency_block(page, number, each.prev, each.next, kind, witness)
    return [*lines, ""] if violation.path else lines


@sketches(WaitWhileHolding)
def brief(page: Page, violation: WaitWhileHolding) -> Brief:
    """Return where the waiting thread took the lock and waits, and where the signaller takes it and signals."""
    letters = Letters(page)
    lock, who, other = letters.of(violation.prev.lock_class), violation.where.thread, violation.signaller
    needed = letters.of(violation.needed)
    signals = [(violation.taken, f"wants {needed}")]
    if violation.signalled.steps:
        signals.append((violation.signalled, "signals"))
    told, columns = [waiting_side(lock, violation)], [(who, [f"lock({lock});", "wait;"])]
    for each, (kind, witness) in steps_of(violation):
        told += sides(letters, each.prev, each.next, kind, witness)
        columns.append((witness.thread, column(kind, each.prev, each.next, witness.mode, letters.taking)))
    told.append(Side(f"{other} takes {needed} before it signals", calls(*signals)))
    columns.append((other, ["...", f"lock({needed});", "signal;"]))
    fix = f"release {lock} before the wait, or signal without {'it' if lock == needed else needed}"
    return Brief(letters.rows(), tuple(told), scene(columns), outcome(timed=violation.timed), fix)
