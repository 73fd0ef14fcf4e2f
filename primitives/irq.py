"""irq: simulated interrupts, which run real handlers in the middle of a thread (kernel: kernel/irq/).

raise_irq sends an interrupt to a thread, which is a CPU of its own. The handler runs in that thread, at the next of
these points where the thread has interrupts enabled: local_irq_enable or local_irq_restore, the end of another handler,
an operation of a validated lock, or cpu_relax(). A thread that sleeps or computes without reaching such a point is not
interrupted, nor is a thread that waits for a lock, until it has the lock. An interrupt that is already pending on a CPU
is not queued a second time.

Handlers run with interrupts disabled, and softirqs run after them. A `threaded` handler is one that a real-time kernel
runs in a thread: it may take a SpinLock. Other handlers may take a RawSpinLock at most. An exception from a handler
goes to sys.excepthook, and the interrupted code continues.

Cost: some microseconds for each interrupt delivered; nothing where none is pending.
"""

from __future__ import annotations

import threading
import time
from _thread import get_ident
from collections.abc import Callable
from dataclasses import dataclass
from errno import EBUSY

from lockdep import assertions
from lockdep.contexts.simulated import (
    irqs_disabled,
    local_irq_disable,
    local_irq_enable,
    local_irq_restore,
    local_irq_save,
)
from primitives import _delivery
from primitives._delivery import IrqAction
from primitives._report import hopeless
from primitives._sections import Section, StateSection
from primitives.percpu import cpu_of

__all__ = [
    "IrqStatistics", "cpu_relax", "disable_irq", "disable_irq_nosync", "enable_irq", "free_irq", "irq_disabled",
    "irq_statistics", "irqs_disabled", "local_irq", "local_irq_disable", "local_irq_enable", "local_irq_restore",
    "local_irq_save", "local_irqsave", "raise_irq", "request_irq", "synchronize_irq",
]  # fmt: skip

SHORT = 0.001  # seconds between two looks at a handler that runs


@dataclass(frozen=True, slots=True)
class IrqStatistics:
    """The state of one interrupt number.

    runs       how often its handler has run so far
    pending    on how many CPUs it is pending
    """

    runs: int
    pending: int


def request_irq(number: int, handler: Callable[[int], object], *, threaded: bool = True) -> None:
    """Install handler(number) for an interrupt. OSError (EBUSY) if it has a handler already."""
    action = IrqAction(handler, threaded)
    if _delivery.irqs.setdefault(number, action) is not action:
        raise OSError(EBUSY, f"interrupt {number} has a handler")


def free_irq(number: int) -> None:
    """Remove the handler of an interrupt, drop what is pending of it, and wait until no thread runs the handler.

    ValueError if it has none. It sleeps, so it must not be called in the handler or in atomic context.
    """
    action = _delivery.irqs.pop(number, None)
    if action is None:
        raise ValueError(f"interrupt {number} has no handler")
    _wait_for(action)


def synchronize_irq(number: int) -> None:
    """Wait until no thread runs the handler of an interrupt (kernel: synchronize_irq). ValueError if it has none.

    It sleeps, so it must not be called in the handler, in atomic context, or under a lock that the handler takes.
    """
    _wait_for(_action(number))


def disable_irq_nosync(number: int) -> None:
    """Keep the handler of an interrupt from starting, in every thread. Nests. What is raised stays pending."""
    _action(number).disabled.append(None)


def disable_irq(number: int) -> None:
    """Keep the handler of an interrupt from starting, and wait until no thread runs it (kernel: disable_irq)."""
    disable_irq_nosync(number)
    synchronize_irq(number)


def enable_irq(number: int) -> None:
    """Undo one disable_irq. At the last one, what is pending is delivered. RuntimeError if there was none."""
    action = _action(number)
    try:
        action.disabled.pop()
    except IndexError:
        raise RuntimeError(f"unbalanced enable of interrupt {number}") from None
    if not action.disabled:
        for thread in threading.enumerate():
            if number in cpu_of(thread).irqs:
                _delivery.kick(thread.ident)
        _delivery.deliver()


def _action(number: int) -> IrqAction:
    try:
        return _delivery.irqs[number]
    except KeyError:
        raise ValueError(f"interrupt {number} has no handler") from None


def _wait_for(action: IrqAction) -> None:
    assertions.might_sleep()
    if get_ident() in action.running:
        hopeless("waiting for an interrupt in its own handler", "use disable_irq_nosync there")
    while action.running:
        time.sleep(SHORT)


def local_irq() -> Section:
    """Return a context manager that disables interrupts in this thread, and enables them at the end."""
    return Section(local_irq_disable, local_irq_enable)


def local_irqsave() -> StateSection[bool]:
    """Return a context manager that disables interrupts in this thread, and restores their state at the end."""
    return StateSection(local_irq_save, local_irq_restore)


def irq_disabled(number: int) -> Section:
    """Return a context manager that keeps the handler of an interrupt from starting, as disable_irq does."""
    return Section(lambda: disable_irq(number), lambda: enable_irq(number))


def raise_irq(number: int, thread: threading.Thread | None = None) -> None:
    """Interrupt `thread` at the next point where it can be interrupted; None means the calling thread.

    The calling thread is interrupted at once if its interrupts are enabled. ValueError if the interrupt has no handler
    or the thread is not running.
    """
    if number not in _delivery.irqs:
        raise ValueError(f"interrupt {number} has no handler")
    target = threading.current_thread() if thread is None else thread
    if not target.is_alive():
        raise ValueError(f"{target.name} is not running")
    cpu = cpu_of(target)
    if number not in cpu.irqs:
        cpu.irqs.append(number)
    _delivery.kick(target.ident)
    if target.ident == get_ident():
        _delivery.deliver()


def irq_statistics(number: int) -> IrqStatistics:
    """Return the statistics of an interrupt at this moment."""
    pending = sum(number in cpu_of(thread).irqs for thread in threading.enumerate())
    return IrqStatistics(_delivery.irqs[number].runs.sum(), pending)


def cpu_relax() -> None:
    """Run pending interrupts and let other threads run: for loops that wait for another thread."""
    _delivery.deliver()
    time.sleep(0)
