"""preempt: in which context this thread runs, and whether it may sleep (kernel: include/linux/preempt.h).

Each thread is a CPU of its own here, so disabling preemption stops nothing. What is real is the promise not to sleep:
might_sleep() reports a thread that breaks it. The functions are those of lockdep.contexts.simulated under the kernel's
names.
"""

from __future__ import annotations

from lockdep.contexts.simulated import (
    in_hardirq,
    in_interrupt,
    in_softirq,
    in_task,
    irqs_disabled,
    preempt_count,
    preempt_disable,
    preempt_enable,
)
from primitives._sections import Section

__all__ = [
    "in_atomic", "in_hardirq", "in_interrupt", "in_softirq", "in_task", "preempt_count", "preempt_disable",
    "preempt_disabled", "preempt_enable", "preemptible",
]  # fmt: skip


def in_atomic() -> bool:
    """Return whether the preemption count forbids sleeping.

    As in the kernel, disabled interrupts are not part of it.
    """
    return preempt_count() != 0


def preemptible() -> bool:
    """Return whether this code may be preempted, and so may sleep."""
    return not in_atomic() and not irqs_disabled()


def preempt_disabled() -> Section:
    """Return a context manager that disables preemption: nothing may sleep inside."""
    return Section(preempt_disable, preempt_enable)
