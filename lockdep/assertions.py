"""Assertions about held locks and about the context, for code that relies on them (kernel: lockdep_assert and others).

An assertion that does not hold is a finding, one for each place; nothing is raised. If the answer is not known, an
assertion holds: while tracking is off or paused in this thread, and for locks that are not validated. TypeError is
raised for an object that is no lock at all. Cost: below a microsecond each, while it holds.
"""

from __future__ import annotations

from typing import Any

from lockdep import fastpath, runtime
from lockdep.annotations import dep_map
from lockdep.contexts import engine, simulated
from lockdep.wait_types import SLEEP

__all__ = [
    "assert_held", "assert_held_once", "assert_held_read", "assert_held_write", "assert_in_irq", "assert_in_softirq",
    "assert_irqs_disabled", "assert_irqs_enabled", "assert_no_hardirq", "assert_none_held_once", "assert_not_held",
    "assert_preemption_disabled", "assert_preemption_enabled", "might_sleep",
]  # fmt: skip


def assert_held(lock: Any) -> None:
    """Assert that this thread holds the lock (kernel: lockdep_assert_held)."""
    _held("assert_held", lock, -1, 1)


def assert_not_held(lock: Any) -> None:
    """Assert that this thread does not hold the lock (kernel: lockdep_assert_not_held)."""
    _held("assert_not_held", lock, -1, 0)


def assert_held_write(lock: Any) -> None:
    """Assert that this thread holds the lock for writing (kernel: lockdep_assert_held_write)."""
    _held("assert_held_write", lock, 0, 1)


def assert_held_read(lock: Any) -> None:
    """Assert that this thread holds the lock for reading (kernel: lockdep_assert_held_read)."""
    _held("assert_held_read", lock, 1, 1)


def assert_held_once(lock: Any) -> None:
    """Assert that this thread holds the lock (kernel: lockdep_assert_held_once).

    The same as assert_held, which reports each place only once as well.
    """
    _held("assert_held_once", lock, -1, 1)


def assert_none_held_once() -> None:
    """Assert that this thread holds no lock at all (kernel: lockdep_assert_none_held_once)."""
    thread = fastpath.thread_state()
    if tracked() and thread.held():
        fail("assert_none_held_once", "no lock is held here")


def assert_irqs_enabled() -> None:
    """Assert that simulated interrupts are on in this thread (kernel: lockdep_assert_irqs_enabled)."""
    _context("assert_irqs_enabled", simulated.irqs_disabled(), "interrupts are on here")


def assert_irqs_disabled() -> None:
    """Assert that simulated interrupts are off in this thread (kernel: lockdep_assert_irqs_disabled)."""
    _context("assert_irqs_disabled", not simulated.irqs_disabled(), "interrupts are off here")


def assert_in_irq() -> None:
    """Assert that this code runs in a hardirq handler (kernel: lockdep_assert_in_irq)."""
    _context("assert_in_irq", not simulated.in_hardirq(), "this runs in a hardirq handler")


def assert_no_hardirq() -> None:
    """Assert that interrupts are on and that no hardirq handler runs (kernel: lockdep_assert_no_hardirq)."""
    wrong = simulated.in_hardirq() or simulated.irqs_disabled()
    _context("assert_no_hardirq", wrong, "this runs outside of hardirq handlers, with interrupts on")


def assert_in_softirq() -> None:
    """Assert that softirqs are off and that no hardirq handler runs (kernel: lockdep_assert_in_softirq)."""
    wrong = not simulated.in_softirq() or simulated.in_hardirq()
    _context("assert_in_softirq", wrong, "this runs with softirqs off, outside of hardirq handlers")


def assert_preemption_enabled() -> None:
    """Assert that preemption, bottom halves and interrupts are all on (kernel: lockdep_assert_preemption_enabled)."""
    wrong = bool(simulated.preempt_count()) or simulated.irqs_disabled()
    _context("assert_preemption_enabled", wrong, "preemption and interrupts are on here")


def assert_preemption_disabled() -> None:
    """Assert that preemption, bottom halves or interrupts are off (kernel: lockdep_assert_preemption_disabled)."""
    wrong = not simulated.preempt_count() and not simulated.irqs_disabled()
    _context("assert_preemption_disabled", wrong, "preemption or interrupts are off here")


def might_sleep() -> None:
    """Record that the code here may sleep (kernel: might_sleep).

    A finding if it must not: in an interrupt handler, with preemption, bottom halves or interrupts off, or while a lock
    is held whose wait type is shorter than SLEEP. Cost: some 4 us, since it looks at all held locks.
    """
    if tracked():
        runtime.validator().may_sleep(fastpath.thread_state(), engine.context().atomic, SLEEP)


def tracked() -> bool:
    """Return whether it is known what this thread holds: tracking is on, and not paused in this thread."""
    return runtime.is_active() and fastpath.thread_state().settle()


def fail(assertion: str, text: str, lock: Any = None) -> None:
    """Report an assertion that does not hold. `text` says what should be so; `lock` is the lock it is about, if any."""
    mine = None if lock is None else dep_map(lock)
    runtime.validator().assertion_failed(assertion, text, () if mine is None else (mine.entry.lock_class,))


def _held(assertion: str, lock: Any, read: int, wanted: int) -> None:
    mine = dep_map(lock)
    if mine is not None and mine.is_held(read) == 1 - wanted:
        how = {-1: "held", 0: "held for writing", 1: "held for reading"}[read]
        fail(assertion, f"{mine.entry.lock_class.name} is {'' if wanted else 'not '}{how} by this thread", lock)


def _context(assertion: str, wrong: bool, text: str) -> None:
    if wrong and tracked():
        fail(assertion, text)
