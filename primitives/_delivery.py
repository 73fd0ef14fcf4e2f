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
from dataclasses import dataclass

from lockdep import assertions, fastpath, runtime
from lockdep.contexts import simulated
from lockdep.graph.classes import LockClass
from primitives.percpu import Cpu, PerCPU, cpu_of, this_cpu

HARD, SOFT = 1, 2
UNCHANGED = "a handler must leave locks and context as it found them"
RESTARTS = 10  # rounds of softirqs before the rest is left for the next delivery


class IrqAction:
    """The handler of an interrupt or softirq, and how often it has run on each CPU.

    `running` has the ident of each thread that runs it now, or is about to; `disabled` one item for each disable_irq:
    both are lists, because append, remove and pop are atomic. A thread is in `running` before it asks whether the
    handler may run: so who takes that away first, and waits then until nobody is there, misses no thread.
    """

    __slots__ = ("disabled", "handler", "running", "runs", "threaded")

    def __init__(self, handler: Callable[..., object], threaded: bool = True) -> None:
        self.handler = handler
        self.threaded = threaded
        self.runs: PerCPU[int] = PerCPU(0)
        self.running: list[int] = []
        self.disabled: list[None] = []

    def run(self, *arguments: object) -> None:
        """Call the handler and count the call. A handler that leaves the context or the locks changed is reported."""
        self.runs.this_cpu_inc()
        before = balance()
        try:
            report_errors(self.handler, *arguments)
        finally:
            check_balance(self.handler, before)


irqs: dict[int, IrqAction] = {}
softirqs: dict[int, IrqAction] = {}


@dataclass(frozen=True, slots=True)
class Balance:
    """What a handler must leave as it found it: the held locks as (serial, class), and what is off or entered."""

    held: tuple[tuple[int, LockClass], ...]
    off: tuple[int, ...]
    preempt: int


def balance() -> Balance:
    """Return the locks and the context of this thread as they are now."""
    now = simulated.irq_state()
    held = tuple((serial, chain.entry.lock_class) for chain, serial in fastpath.thread_state().held())
    return Balance(held, tuple(now.off), now.preempt_depth)


def check_balance(handler: Callable[..., object], before: Balance) -> None:
    """Report what a handler has left changed (kernel: "exited with preempt_count ...")."""
    after = balance()
    if after == before or not assertions.tracked():
        return
    name = getattr(handler, "__qualname__", repr(handler))
    left = [one for one in after.held if one not in before.held]
    gone = [one for one in before.held if one not in after.held]
    if left or gone:
        what = "returned with a lock held" if left else "released a lock of the code that it interrupted"
        runtime.validator().misused(f"the handler {name} {what}", UNCHANGED, *(one for _, one in left or gone))
    if (after.off, after.preempt) != (before.off, before.preempt):
        runtime.validator().misused(f"the handler {name} returned with another context", UNCHANGED)


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
    return bool(cpu.softirqs or any(map(may_run, list(cpu.irqs))))


def may_run(number: int) -> bool:
    """Return whether an interrupt has a handler that is not disabled. Another thread may free it meanwhile."""
    action = irqs.get(number)
    return action is not None and not action.disabled


def _run_irqs(cpu: Cpu) -> None:
    cpu.handling |= HARD
    disabled: list[int] = []
    try:
        while cpu.irqs:
            number = cpu.irqs.pop(0)
            action = irqs.get(number)
            if action is not None and not _run_irq(number, action):
                disabled.append(number)
    finally:
        cpu.irqs.extend(disabled)
        cpu.handling &= ~HARD


def _run_irq(number: int, action: IrqAction) -> bool:
    """Run the handler of an interrupt, unless it was freed; return False if it is disabled."""
    me = get_ident()
    action.running.append(me)
    try:
        if action.disabled:
            return False
        if irqs.get(number) is action:
            simulated.hardirq_enter(threaded=action.threaded)
            try:
                action.run(number)
            finally:
                simulated.hardirq_exit()
        return True
    finally:
        action.running.remove(me)


def _run_softirqs(cpu: Cpu) -> None:
    if cpu.softirqs:
        as_softirq(lambda: _run_rounds(cpu))


def as_softirq(action: Callable[[], object]) -> None:
    """Call `action` in softirq context: bottom halves are off and interrupts are on, and no softirq interrupts it."""
    cpu = this_cpu()
    cpu.handling |= SOFT
    simulated.softirq_enter()
    try:
        simulated.local_irq_enable()
        action()
    finally:
        simulated.softirq_exit()
        cpu.handling &= ~SOFT


def _run_rounds(cpu: Cpu) -> None:
    for _ in range(RESTARTS):
        _run_round(cpu, cpu.softirqs)


def _run_round(cpu: Cpu, pending: int) -> None:
    while pending:
        bit = pending & -pending
        pending &= ~bit
        cpu.softirqs &= ~bit
        softirqs[bit.bit_length() - 1].run()


fastpath.interrupt_with(deliver)
