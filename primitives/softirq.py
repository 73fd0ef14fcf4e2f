"""softirq: work that an interrupt handler leaves for later, and tasklets on top of it (kernel: kernel/softirq.c).

A softirq is raised for the CPU, that is the thread, it is raised on. It runs there when a hardirq handler ends, when
bottom halves are enabled, or at another point where interrupts come in (see primitives.irq): with interrupts on, but
with bottom halves off, so that softirqs do not interrupt each other. Many threads run the same softirq at once; a
tasklet, one after the other. There is no ksoftirqd: what is raised again and again is left for the next such point.

An exception out of a handler goes to sys.excepthook, and the interrupted code goes on.
"""

from __future__ import annotations

import _thread
from _thread import get_ident
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from lockdep.contexts.simulated import in_interrupt, local_bh_disable, local_bh_enable
from primitives import _delivery
from primitives._delivery import IrqAction, report_errors
from primitives.percpu import this_cpu

__all__ = [
    "Softirq", "SoftirqStatistics", "Tasklet", "TaskletStatistics", "local_bh_disable", "local_bh_enable",
    "open_softirq", "raise_softirq", "softirq_statistics",
]  # fmt: skip


class Softirq(IntEnum):
    """The softirqs, most urgent first."""

    HI = 0
    TIMER = 1
    NET_TX = 2
    NET_RX = 3
    BLOCK = 4
    IRQ_POLL = 5
    TASKLET = 6
    SCHED = 7
    HRTIMER = 8
    RCU = 9


@dataclass(frozen=True, slots=True)
class SoftirqStatistics:
    """runs: how often it has run; pending: whether it is to run on this CPU."""

    runs: int
    pending: bool


def open_softirq(number: int, action: Callable[[], object]) -> None:
    """Have this softirq do this from now on."""
    _delivery.softirqs[Softirq(number)] = IrqAction(action)


def raise_softirq(number: int) -> None:
    """Have this softirq run on this CPU, at the next point where it may."""
    if number not in _delivery.softirqs:
        raise ValueError(f"nobody has opened softirq {number}")
    this_cpu().softirqs |= 1 << number
    _delivery.kick(get_ident())


def softirq_statistics(number: int) -> SoftirqStatistics:
    """Return a picture of this moment."""
    return SoftirqStatistics(_delivery.softirqs[number].runs.sum(), bool(this_cpu().softirqs >> number & 1))


@dataclass(frozen=True, slots=True)
class TaskletStatistics:
    """runs: how often it has run; scheduled: whether it is to run again."""

    runs: int
    scheduled: bool


class Tasklet:
    """A function that runs in softirq context, on the CPU that scheduled it, and never on two at once."""

    __slots__ = ("_disabled", "_function", "_killed", "_running", "_runs", "_scheduled")

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function
        self._scheduled = _thread.allocate_lock()  # as a bit: to take it is test-and-set
        self._running = _thread.allocate_lock()
        self._disabled: list[None] = []  # one for each disable: a list is as good as an atomic count
        self._runs = 0
        self._killed = False

    def schedule(self) -> None:
        """Have it run soon. Once, however often this is called before it runs."""
        self._schedule(Softirq.TASKLET)

    def hi_schedule(self) -> None:
        """Have it run before all other softirqs."""
        self._schedule(Softirq.HI)

    def _schedule(self, number: Softirq) -> None:
        if self._scheduled.acquire(False):
            this_cpu().tasklets.setdefault(number, deque()).append(self)
            raise_softirq(number)

    def disable(self) -> None:
        """Keep it from running, but for the run that is going on. Nests. What is scheduled runs once it is enabled."""
        self._disabled.append(None)

    def enable(self) -> None:
        """Undo one disable."""
        try:
            self._disabled.pop()
        except IndexError:
            raise RuntimeError("unbalanced enable of a tasklet") from None

    def kill(self) -> None:
        """Have it never run again; wait for the run that is going on. Not from a handler."""
        if in_interrupt():
            raise RuntimeError("a tasklet is killed in interrupt context, and might wait for itself")
        self._killed = True
        with self._running:
            pass

    def statistics(self) -> TaskletStatistics:
        """Return a picture of this moment."""
        return TaskletStatistics(self._runs, self._scheduled.locked() and not self._killed)

    def run(self) -> bool:
        """Run it, unless it runs elsewhere or is disabled: then return False."""
        if self._killed:
            return True
        if self._disabled or not self._running.acquire(False):
            return False
        try:
            self._scheduled.release()  # before it runs: it may schedule itself
            self._runs += 1
            report_errors(self._function)
        finally:
            self._running.release()
        return True


def _run_tasklets(number: Softirq) -> None:
    waiting = this_cpu().tasklets.get(number, deque())
    for _ in range(len(waiting)):
        tasklet = waiting.popleft()
        if not tasklet.run():
            waiting.append(tasklet)
            raise_softirq(number)


open_softirq(Softirq.HI, lambda: _run_tasklets(Softirq.HI))
open_softirq(Softirq.TASKLET, lambda: _run_tasklets(Softirq.TASKLET))
