"""Assertions about held locks and about the context, for code that relies on them (kernel: lockdep_assert_... and kin).

One that does not hold is a finding; nothing is raised. Where nobody knows (tracking is off, or paused in this thread,
or the lock is not a validated one) every assertion holds. Cost: below a microsecond each while it holds.
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
    """This thread holds the lock."""
    _held("assert_held", lock, -1, 1)


def assert_not_held(lock: Any) -> None:
    """This thread does not hold the lock."""
    _held("assert_not_held", lock, -1, 0)


def assert_held_write(lock: Any) -> None:
    """This thread holds the lock for writing."""
    _held("assert_held_write", lock, 0, 1)


def assert_held_read(lock: Any) -> None:
    """This thread holds the lock for reading."""
    _held("assert_held_read", lock, 1, 1)


def assert_held_once(lock: Any) -> None:
    """As assert_held, told for one place only."""
    _held("assert_held_once", lock, -1, 1)


def assert_none_held_once() -> None:
    """This thread holds nothing at all; told for one place only."""
    state = fastpath.thread_state()
    if tracked() and state.chain.depth:
        fail("assert_none_held_once", "no lock is held here")


def assert_irqs_enabled() -> None:
    """Simulated interrupts are on."""
    _context("assert_irqs_enabled", simulated.irqs_disabled(), "interrupts are on here")


def assert_irqs_disabled() -> None:
    """Simulated interrupts are off."""
    _context("assert_irqs_disabled", not simulated.irqs_disabled(), "interrupts are off here")


def assert_in_irq() -> None:
    """This is a hardirq handler."""
    _context("assert_in_irq", not simulated.in_hardirq(), "this runs in a hardirq handler")


def assert_no_hardirq() -> None:
    """Interrupts are on, and this is no hardirq handler."""
    wrong = simulated.in_hardirq() or simulated.irqs_disabled()
    _context("assert_no_hardirq", wrong, "this runs outside of hardirq handlers, with interrupts on")


def assert_in_softirq() -> None:
    """Softirqs cannot come here, and this is no hardirq handler."""
    wrong = not simulated.in_softirq() or simulated.in_hardirq()
    _context("assert_in_softirq", wrong, "this runs with softirqs off, outside of hardirq handlers")


def assert_preemption_enabled() -> None:
    """Code may be preempted here: nothing is disabled."""
    wrong = bool(simulated.preempt_count()) or simulated.irqs_disabled()
    _context("assert_preemption_enabled", wrong, "preemption and interrupts are on here")


def assert_preemption_disabled() -> None:
    """Code cannot be preempted here."""
    wrong = not simulated.preempt_count() and not simulated.irqs_disabled()
    _context("assert_preemption_disabled", wrong, "preemption or interrupts are off here")


def might_sleep() -> None:
    """Say that the code from here on may sleep; a finding where it must not: under a spinlock, in a handler."""
    if tracked():
        runtime.validator().may_sleep(fastpath.thread_state(), engine.context().atomic, SLEEP)


def tracked() -> bool:
    """Return whether anybody knows what this thread holds."""
    return runtime.is_active() and fastpath.thread_state().settle()


def fail(assertion: str, text: str, lock: Any = None) -> None:
    """Report an assertion that does not hold."""
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
