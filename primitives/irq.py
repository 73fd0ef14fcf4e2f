"""irq: simulated interrupts, which really run handlers in the middle of a thread (kernel: kernel/irq/).

raise_irq sends an interrupt to a thread, which is a CPU of its own. The handler runs there, at the next point where
that thread has interrupts on: local_irq_enable or _restore, the end of another handler, an operation of a lock that is
validated, or cpu_relax(). A thread that sleeps or computes without coming to such a point is not interrupted; nor is
one that waits for a lock, before it has it. An interrupt that is pending already is not pending twice.

Handlers run with interrupts off, and softirqs behind them. `threaded` handlers are those which a real-time kernel runs
in threads: they may take a SpinLock, others a RawSpinLock at most. An exception out of a handler goes to
sys.excepthook, and the interrupted code goes on.
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
    """runs: how often the handler has run; pending: on how many CPUs it is to run."""

    runs: int
    pending: int


def request_irq(number: int, handler: Callable[[int], object], *, threaded: bool = True) -> None:
    """Have handler(number) called when this interrupt comes. OSError (EBUSY) if it has a handler."""
    action = IrqAction(handler, threaded)
    if _delivery.irqs.setdefault(number, action) is not action:
        raise OSError(EBUSY, f"interrupt {number} has a handler")


def free_irq(number: int) -> None:
    """Have this interrupt do nothing any more. What is pending of it is dropped."""
    if _delivery.irqs.pop(number, None) is None:
        raise ValueError(f"interrupt {number} has no handler")


def raise_irq(number: int, thread: threading.Thread | None = None) -> None:
    """Interrupt a thread, at the next point where it can be. This one, if none is named: now, if interrupts are on."""
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
    """Return a picture of this moment."""
    pending = sum(number in cpu_of(thread).irqs for thread in threading.enumerate())
    return IrqStatistics(_delivery.irqs[number].runs.sum(), pending)


def cpu_relax() -> None:
    """Wait a moment, and let interrupts in: for loops that wait for another thread."""
    _delivery.deliver()
    time.sleep(0)
