"""Code that may sleep runs where sleeping is not allowed (kernel: __might_resched)."""

from __future__ import annotations

from lockdep.splats.document import Brief, Side
from lockdep.splats.interrupts import event_lines, last_switches
from lockdep.splats.page import Body, Page, line
from lockdep.splats.sketch import Letters, standing
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.sleep import AtomicSleep
from lockdep.violations.where import HeldLock, Where
from lockdep.vocabulary.context import ContextSummary
from lockdep.vocabulary.states import HARDIRQ, STATES
from lockdep.wait_types import INV, SLEEP

ATOMIC = tuple(state for state in STATES if state.atomic)


@tells(AtomicSleep)
def body(page: Page, violation: AtomicSleep) -> Body:
    """Return the report: why this context must not sleep, and where it was entered."""
    where = violation.where
    context = where.context
    irqs_off = not context.is_on(HARDIRQ)
    lines: Body = [f"in_atomic(): {is_atomic(where):d}, irqs_disabled(): {irqs_off:d}, name: {where.thread}"]
    lines += ["nothing may sleep here, because of:"]
    lines += [f"  {what}" for what in forbidding(context)]
    lines += [line("  held lock ", page.class_name(lock.lock_class)) for lock in where.held if spinning(lock)]
    lines += ["", *(event_lines(context) if context.event else [])]
    return [*lines, *page.tail(where)]


def forbidding(context: ContextSummary) -> list[str]:
    """Return what of the context forbids sleeping."""
    depths = [(f"{state.noun} handler", context.depth(state)) for state in ATOMIC]
    depths.append(("preemption off", context.preempt))
    running = [f"{what}, depth {depth}" for what, depth in depths if depth]
    return running + [f"{what} off" for what in switched_off(context)]


def spinning(lock: HeldLock) -> bool:
    """Return whether nothing may sleep while this lock is held."""
    return INV < lock.lock_class.traits.inner < SLEEP


def switched_off(context: ContextSummary) -> list[str]:
    """Return what is switched off and forbids sleeping, without what a running handler has switched off."""
    masked = {other for state in context.inside for other in state.masked}
    return [state.called for state in reversed(ATOMIC) if not context.is_on(state) and state not in masked]


def is_atomic(where: Where) -> bool:
    """Return whether the kernel's preempt count would not be 0 here. A held spinlock counts as well."""
    context = where.context
    counted = [context.depth(state) > 0 or (state.nests and not context.is_on(state)) for state in ATOMIC]
    return context.preempt > 0 or any(counted) or any(map(spinning, where.held))


@sketches(AtomicSleep)
def brief(page: Page, violation: AtomicSleep) -> Brief:
    """Return where the thread may sleep, what forbids that, and where the context was switched last."""
    letters, where = Letters(page), violation.where
    spins = [f"under {letters.of(lock.lock_class)}" for lock in where.held if spinning(lock)]
    head = f"{where.thread} may sleep here, where nothing may: {', '.join([*forbidding(where.context), *spins])}"
    told = *last_switches(where.context), Side(head, standing(letters, where, "sleeps"))
    return Brief(letters.rows(), told, None, None, "move the call to where sleeping is allowed")
