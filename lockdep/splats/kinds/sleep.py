"""Code that may sleep runs where sleeping is not allowed (kernel: __might_resched)."""

from __future__ import annotations

from lockdep.splats.interrupts import event_lines
from lockdep.splats.page import Body, Page, line
from lockdep.splats.tellers import tells
from lockdep.violations.sleep import AtomicSleep
from lockdep.violations.where import Where
from lockdep.vocabulary.context import ContextSummary
from lockdep.vocabulary.states import HARDIRQ, STATES
from lockdep.wait_types import INV, SLEEP

ATOMIC = tuple(state for state in STATES if state.atomic)


@tells(AtomicSleep)
def body(page: Page, violation: AtomicSleep) -> Body:
    """Return the report: why this context must not sleep, and where it was entered."""
    where = violation.where
    context = where.context
    depths = [
        *((f"{state.noun} handler", context.depth(state)) for state in ATOMIC),
        ("preemption off", context.preempt),
    ]
    irqs_off = not context.is_on(HARDIRQ)
    lines: Body = [f"in_atomic(): {is_atomic(where):d}, irqs_disabled(): {irqs_off:d}, name: {where.thread}"]
    lines += ["nothing may sleep here, because of:"]
    lines += [f"  {what}, depth {depth}" for what, depth in depths if depth]
    lines += [f"  {what} off" for what in switched_off(context)]
    lines += [line("  held lock ", page.class_name(lock.lock_class)) for lock in where.held
              if INV < lock.lock_class.traits.inner < SLEEP]  # fmt: skip
    lines += ["", *(event_lines(context) if context.event else [])]
    return [*lines, *page.tail(where)]


def switched_off(context: ContextSummary) -> list[str]:
    """Return what is switched off and forbids sleeping, without what a running handler has switched off."""
    masked = {other for state in context.inside for other in state.masked}
    return [state.called for state in reversed(ATOMIC) if not context.is_on(state) and state not in masked]


def is_atomic(where: Where) -> bool:
    """Return whether the kernel's preempt count would not be 0 here. A held spinlock counts as well."""
    context = where.context
    counted = [context.depth(state) > 0 or (state.nests and not context.is_on(state)) for state in ATOMIC]
    spins = bool([lock for lock in where.held if INV < lock.lock_class.traits.inner < SLEEP])
    return context.preempt > 0 or any(counted) or spins
