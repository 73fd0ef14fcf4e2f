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

from lockdep.contexts.simulated import (
    irqs_disabled,
    local_irq_disable,
    local_irq_enable,
    local_irq_restore,
    local_irq_save,
)
from primitives import _delivery
from primitives._delivery import IrqAction
from primitives.percpu import cpu_of

__all__ = [
    "IrqStatistics", "cpu_relax", "free_irq", "irq_statistics", "irqs_disabled", "local_irq_disable",
    "local_irq_enable", "local_irq_restore", "local_irq_save", "raise_irq", "request_irq",
]  # fmt: skip


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
    """Remove the handler of an interrupt and drop what is pending of it. ValueError if it has none."""
    if _delivery.irqs.pop(number, None) is None:
        raise ValueError(f"interrupt {number} has no handler")


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
