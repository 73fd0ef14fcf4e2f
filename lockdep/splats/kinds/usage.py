"""A class used inside an interrupt, and with that interrupt enabled (kernel: print_usage_bug)."""

from __future__ import annotations

from lockdep.fastpath import HAS_GIL
from lockdep.splats.document import Scenario
from lockdep.splats.interrupts import event_lines, interruption, verb, who
from lockdep.splats.page import INFO, SCENARIO, Body, Page, frames, heading, outcome, table
from lockdep.splats.tellers import tells
from lockdep.violations.usage import InconsistentState
from lockdep.vocabulary.context import COUNTED
from lockdep.vocabulary.states import FINALIZER, SIGNAL, State
from lockdep.vocabulary.usage import IN_ANY, bit_name, state_of

EXPLANATIONS: dict[State, tuple[str, ...]] = {
    SIGNAL: (
        " A signal handler can run between any two bytecodes of the main thread, also while that holds this lock. Then",
        " the handler waits for its own thread, for ever. Let the handler set a flag or write to a pipe, or block the",
        " signal with signal.pthread_sigmask wherever the lock is held.",
    ),
    FINALIZER: (
        " The collector can run wherever an object is made, also while the thread holds this lock. Then the finalizer",
        " waits for its own thread, for ever. Take the lock with acquire(blocking=False) in the finalizer, or leave",
        " the work to ordinary code, with a queue.SimpleQueue for example.",
    ),
}

COUNTED_WITH_GIL = (
    " So far a reference count has run the finalizer, where the program drops the object. Once an object is part of a",
    " cycle (a stored exception is enough, which refers to the frames it went through), the collector runs it instead,",
    " wherever an object is made, also while the thread holds this lock. Take the lock with acquire(blocking=False) in",
    " the finalizer, or leave the work to ordinary code, with a queue.SimpleQueue for example.",
)
COUNTED_WITHOUT_GIL = (
    " Without the GIL the thread that made an object runs its finalizer, between any two bytecodes, if another thread",
    " drops the last reference, also while it holds this lock. Then the finalizer waits for its own thread, for ever.",
    " Take the lock with acquire(blocking=False) in the finalizer, or leave the work to ordinary code, with a",
    " queue.SimpleQueue for example.",
)


@tells(InconsistentState)
def body(page: Page, violation: InconsistentState) -> Body:
    """Return the report: both usages and their places, the state of the interrupts, and the scenario."""
    where, old = violation.where, bit_name(violation.old)
    lines: Body = [
        f"inconsistent {{{old}}} -> {{{bit_name(violation.new)}}} usage.",
        f"{who(where)} {doing(violation)}:",
    ]
    switches = event_lines(where.context) if violation.interruption is None else []
    lines += [page.class_line(violation.lock_class), f"{{{old}}} state was registered at:"]
    lines += [frames(violation.old_stack), *switches, "", INFO, SCENARIO, ""]
    return [*lines, scenario(violation), "", outcome(timed=False), "", *story(violation), *page.tail(where)]


def story(violation: InconsistentState) -> Body:
    """Return what happens, in the words of Python, and what can be done, if it is one of Python's own handlers."""
    interruption, state = violation.interruption, state_of(violation.new)
    if interruption is None:
        return []
    explained = EXPLANATIONS[state]
    if interruption.by.endswith(COUNTED):
        explained = COUNTED_WITH_GIL if HAS_GIL else COUNTED_WITHOUT_GIL
    lines: Body = [f" The lock is taken by {interruption.by}.", *explained, ""]
    if interruption.at.steps:
        lines += [heading("This interrupted the code at:"), frames(interruption.at), ""]
    return lines


def doing(violation: InconsistentState) -> str:
    """Return what the thread does: it takes the lock, or it enables interrupts while it holds the lock."""
    held = violation.lock_class in [lock.lock_class for lock in violation.where.held]
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
