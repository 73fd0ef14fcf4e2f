"""preempt: what this thread is inside of, and that it must not sleep (kernel: include/linux/preempt.h).

Nothing is preempted or kept from it: each thread is a CPU of its own here. What is real is the promise not to sleep:
might_sleep() reports where it is broken. All of this is lockdep.contexts.simulated under its kernel names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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

__all__ = [
    "in_atomic", "in_hardirq", "in_interrupt", "in_softirq", "in_task", "preempt_count", "preempt_disable",
    "preempt_disabled", "preempt_enable", "preemptible",
]  # fmt: skip


def in_atomic() -> bool:
    """Return whether this code must not sleep, as far as the count tells: switched off interrupts are not in it."""
    return preempt_count() != 0


def preemptible() -> bool:
    """Return whether this code may be preempted, and may sleep."""
    return not in_atomic() and not irqs_disabled()


@contextmanager
def preempt_disabled() -> Iterator[None]:
    """Do not sleep inside."""
    preempt_disable()
    try:
        yield
    finally:
        preempt_enable()
