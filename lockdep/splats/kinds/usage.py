"""A class used inside an interrupt, and with that interrupt enabled (kernel: print_usage_bug)."""

from __future__ import annotations

from lockdep.splats.document import Scenario
from lockdep.splats.interrupts import event_lines, interruption, verb, who
from lockdep.splats.page import INFO, SCENARIO, Body, Page, frames, outcome, table
from lockdep.splats.tellers import tells
from lockdep.violations.usage import InconsistentState
from lockdep.vocabulary.usage import IN_ANY, bit_name, state_of


@tells(InconsistentState)
def body(page: Page, violation: InconsistentState) -> Body:
    """Return the report: both usages and their places, the state of the interrupts, and the scenario."""
    where, old = violation.where, bit_name(violation.old)
    lines: Body = [
        f"inconsistent {{{old}}} -> {{{bit_name(violation.new)}}} usage.",
        f"{who(where)} {doing(violation)}:",
    ]
    lines += [page.class_line(violation.lock_class), f"{{{old}}} state was registered at:"]
    lines += [frames(violation.old_stack), *event_lines(where.context), "", INFO, SCENARIO, ""]
    return [*lines, scenario(violation), "", outcome(timed=False), "", *page.tail(where)]


def doing(violation: InconsistentState) -> str:
    """Return what the thread does: it takes the lock, or it enables interrupts while it holds the lock."""
    held = any(lock.lock_class is violation.lock_class for lock in violation.where.held)
    state = state_of(violation.new)
    enabled = "interrupts" if state.simulated else state.called
    return f"enables {enabled} while it holds" if held and not violation.new & IN_ANY else "takes"


def scenario(violation: InconsistentState) -> Scenario:
    """Return the table: the holder is interrupted by code that wants the lock."""
    inside, enabled = violation.old, violation.new
    if enabled & IN_ANY:
        inside, enabled = enabled, inside
    name = violation.lock_class.name
    steps = [f"{verb(enabled)}({name});", interruption(inside), f"  {verb(inside)}({name});"]
    return table([steps])
