"""A class used inside an interrupt, and with that interrupt enabled (kernel: print_usage_bug)."""

from __future__ import annotations

import textwrap
from typing import NamedTuple

from lockdep.fastpath import HAS_GIL
from lockdep.splats.document import Brief, Scenario, Side
from lockdep.splats.interrupts import event_lines, interruption, verb, who
from lockdep.splats.page import INFO, SCENARIO, Body, Page, frames, heading, outcome, table
from lockdep.splats.sketch import Letters, calls, scene
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.interrupts import ClassUsage
from lockdep.violations.usage import InconsistentState
from lockdep.vocabulary.context import COUNTED
from lockdep.vocabulary.states import FINALIZER, SIGNAL
from lockdep.vocabulary.usage import IN_ANY, bit_name, state_of

WIDTH = 117  # characters of a line that explains
TRY = "take the lock with acquire(blocking=False) in the finalizer, or leave the work to ordinary code, with a"
TRY += " queue.SimpleQueue for example"


class Explained(NamedTuple):
    """Why a handler must not take a lock of the code that it interrupts, and what to do instead."""

    why: str
    fix: str

    def lines(self, first: str) -> list[str]:
        """Return it as a paragraph, below a first line."""
        said = f"{self.why[:1].upper()}{self.why[1:]}. {self.fix[:1].upper()}{self.fix[1:]}."
        return [first, *(f" {line}" for line in textwrap.wrap(said, WIDTH, break_on_hyphens=False))]


EXPLANATIONS = {
    SIGNAL: Explained(
        "a signal handler can run between any two bytecodes of the main thread, also while that holds this lock; then"
        " the handler waits for its own thread, for ever",
        "let the handler set a flag or write to a pipe, or block the signal with signal.pthread_sigmask wherever the"
        " lock is held",
    ),
    FINALIZER: Explained(
        "the collector can run wherever an object is made, also while the thread holds this lock; then the finalizer"
        " waits for its own thread, for ever",
        TRY,
    ),
}
COUNTED_WITH_GIL = Explained(
    "so far a reference count has run the finalizer, where the program drops the object; once an object is part of a"
    " cycle (a stored exception is enough, which refers to the frames it went through), the collector runs it instead,"
    " wherever an object is made, also while the thread holds this lock",
    TRY,
)
COUNTED_WITHOUT_GIL = Explained(
    "without the GIL the thread that made an object runs its finalizer, between any two bytecodes, if another thread"
    " drops the last reference, also while it holds this lock; then the finalizer waits for its own thread, for ever",
    TRY,
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
    interruption, explained = violation.interruption, explanation(violation)
    if interruption is None or explained is None:
        return []
    lines: Body = [*explained.lines(f" The lock is taken by {interruption.by}."), ""]
    if interruption.at.steps:
        lines += [heading("This interrupted the code at:"), frames(interruption.at), ""]
    return lines


def explanation(violation: InconsistentState) -> Explained | None:
    """Return why the handler must not take the lock, if it is one of Python's own handlers."""
    if violation.interruption is None:
        return None
    if violation.interruption.by.endswith(COUNTED):
        return COUNTED_WITH_GIL if HAS_GIL else COUNTED_WITHOUT_GIL
    return EXPLANATIONS[state_of(violation.new)]


def doing(violation: InconsistentState) -> str:
    """Return what the thread does: it takes the lock, or it enables interrupts while it holds the lock."""
    held = violation.lock_class in [lock.lock_class for lock in violation.where.held]
    state = state_of(violation.new)
    enabled = "interrupts" if state.simulated else state.called
    return f"enables {enabled} while it holds" if held and not violation.new & IN_ANY else "takes"


def scenario(violation: InconsistentState) -> Scenario:
    """Return the table: the holder is interrupted by code that wants the lock."""
    return table([steps_of(violation, violation.lock_class.name)])


def steps_of(violation: InconsistentState, name: str) -> list[str]:
    """Return what happens to the lock of this name."""
    inside, enabled = usages(violation)
    return [f"{verb(enabled.bit)}({name});", interruption(inside.bit), f"  {verb(inside.bit)}({name});"]


def usages(violation: InconsistentState) -> tuple[ClassUsage, ClassUsage]:
    """Return the usage inside a handler, and the one that it can interrupt."""
    old = ClassUsage(violation.lock_class, violation.old, violation.old_stack)
    new = ClassUsage(violation.lock_class, violation.new, violation.where.stack)
    return (new, old) if violation.new & IN_ANY else (old, new)


@sketches(InconsistentState)
def brief(page: Page, violation: InconsistentState) -> Brief:
    """Return where ordinary code takes the lock, and where a handler does, which can interrupt that."""
    letters, (inside, enabled) = Letters(page), usages(violation)
    lock, state = letters.of(violation.lock_class), state_of(violation.new)
    by = violation.interruption.by if violation.interruption else f"a {state.noun} handler"
    takes = Side(f"{by} takes {lock}", calls((inside.stack, f"wants {lock}")))
    told = ordinary(violation, enabled, lock), takes
    fix = f"switch {state.called} off wherever {lock} is held"
    explained = explanation(violation) or Explained("", fix)
    table = scene([(violation.where.thread, steps_of(violation, lock))])
    return Brief(letters.rows(), told, table, outcome(timed=False), explained.fix, explained.why)


def ordinary(violation: InconsistentState, enabled: ClassUsage, lock: str) -> Side:
    """Return where ordinary code takes the lock, or enables what can interrupt it while it holds the lock."""
    if doing(violation) == "takes":
        head = f"ordinary code holds {lock} while {state_of(violation.new).noun}s can come"
        return Side(head, calls((enabled.stack, f"holds {lock}")))
    held = [one.stack for one in violation.where.held if one.lock_class is violation.lock_class]
    stacks = (*((stack, f"holds {lock}") for stack in held), (enabled.stack, "enables"))
    return Side(f"{violation.where.thread} {doing(violation)} {lock}", calls(*stacks))
