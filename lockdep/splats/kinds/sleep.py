"""Code that may sleep runs where nothing may (kernel: __might_resched)."""

from __future__ import annotations

from lockdep.splats.interrupts import event_lines
from lockdep.splats.page import Lines, Page
from lockdep.violations.interrupts import AtomicSleep
from lockdep.violations.where import Where
from lockdep.wait_types import INV, SLEEP


def body(page: Page, violation: AtomicSleep) -> Lines:
    """Return the report: why this context must not sleep, and how it came to be."""
    where = violation.where
    irq = where.irq
    depths = [("hardirq handler", irq.hardirq), ("softirq handler", irq.softirq), ("preemption off", irq.preempt)]
    lines = [f"in_atomic(): {is_atomic(where):d}, irqs_disabled(): {not irq.hardirqs_on:d}, name: {where.thread}"]
    lines += ["nothing may sleep here, because of:"]
    lines += [f"  {what}, depth {depth}" for what, depth in depths if depth]
    lines += ["  bottom halves off"] * (not irq.softirqs_on and not irq.softirq)
    lines += ["  interrupts off"] * (not irq.hardirqs_on and not (irq.hardirq or irq.softirq))
    lines += [f"  held lock {page.class_text(lock.lock_class)}" for lock in where.held
              if INV < lock.lock_class.traits.inner < SLEEP]  # fmt: skip
    lines += ["", *(event_lines(irq) if irq.event else [])]
    return [*lines, *page.tail(where)]


def is_atomic(where: Where) -> bool:
    """Return whether a kernel's preempt count would be raised here: a spinlock raises it, too."""
    irq = where.irq
    spins = any(INV < lock.lock_class.traits.inner < SLEEP for lock in where.held)
    return bool(irq.preempt or irq.hardirq or irq.softirq or not irq.softirqs_on or spins)
