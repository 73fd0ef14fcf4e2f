"""Delivery of simulated interrupts: run the handlers of what is pending on a thread, where its interrupts are enabled.

deliver() is called by the fast path before a lock operation of a thread that was kicked, by lockdep.contexts.simulated
where interrupts or bottom halves are enabled, and by primitives.irq. It runs interrupts first, then softirqs. Neither
kind nests in itself. No lock is held while a handler runs.
"""

from __future__ import annotations

import sys
import threading
from _thread import get_ident
from collections.abc import Callable

from lockdep import fastpath
from lockdep.contexts import simulated
from primitives.percpu import Cpu, PerCPU, cpu_of

HARD, SOFT = 1, 2
RESTARTS = 10  # rounds of softirqs before the rest is left for the next delivery


class IrqAction:
    """The handler of an interrupt or softirq, and how often it has run on each CPU."""

    __slots__ = ("handler", "runs", "threaded")

    def __init__(self, handler: Callable[..., object], threaded: bool = True) -> None:
        self.handler = handler
        self.threaded = threaded
        self.runs: PerCPU[int] = PerCPU(0)

    def run(self, *arguments: object) -> None:
        """Call the handler and count the call."""
        self.runs.this_cpu_inc()
        report_errors(self.handler, *arguments)


irqs: dict[int, IrqAction] = {}
softirqs: dict[int, IrqAction] = {}


def report_errors(handler: Callable[..., object], *arguments: object) -> None:
    """Call a handler and pass an Exception from it to sys.excepthook, because no caller could catch it.

    Other exceptions, such as KeyboardInterrupt, propagate.
    """
    try:
        handler(*arguments)
    except Exception:
        sys.excepthook(*sys.exc_info())


def kick(ident: int | None) -> None:
    """Make a thread look for pending interrupts at its next lock operation. Any thread may call this."""
    for state in fastpath.threads():
        if state.ident == ident:
            state.pending = True
            state.mark()


def deliver() -> bool:
    """Run what is pending on this CPU and may run here; return whether anything stays pending."""
    thread = threading._active.get(get_ident())  # type: ignore[attr-defined]  # current_thread() might create one
    if thread is None:
        return False  # no Thread object (yet), so nobody can have sent it anything
    cpu = cpu_of(thread)
    if not cpu.handling & HARD and not simulated.irqs_disabled():
        _run_irqs(cpu)
        if not cpu.handling & SOFT and not simulated.in_interrupt():
            _run_softirqs(cpu)
    return bool(cpu.irqs or cpu.softirqs)


def _run_irqs(cpu: Cpu) -> None:
    cpu.handling |= HARD
    try:
        while cpu.irqs:
            number = cpu.irqs.popleft()
            action = irqs.get(number)
            if action is not None:
                _run_irq(number, action)
    finally:
        cpu.handling &= ~HARD


def _run_irq(number: int, action: IrqAction) -> None:
    simulated.hardirq_enter(threaded=action.threaded)
    try:
        action.run(number)
    finally:
        simulated.hardirq_exit()


def _run_softirqs(cpu: Cpu) -> None:
    if not cpu.softirqs:
        return
    cpu.handling |= SOFT
    simulated.softirq_enter()
    try:
        simulated.local_irq_enable()
        for _ in range(RESTARTS):
            _run_round(cpu, cpu.softirqs)
    finally:
        simulated.softirq_exit()
        cpu.handling &= ~SOFT


def _run_round(cpu: Cpu, pending: int) -> None:
    while pending:
        bit = pending & -pending
        pending &= ~bit
        cpu.softirqs &= ~bit
        softirqs[bit.bit_length() - 1].run()


fastpath.interrupt_with(deliver)
