"""softirq: work that an interrupt handler leaves for later, and tasklets on top of it (kernel: kernel/softirq.c).

A softirq is raised for the CPU, that is the thread, that raises it. It runs there when a hardirq handler ends, when
bottom halves are enabled, or at another point where interrupts are delivered (see primitives.irq). It runs with
interrupts enabled but bottom halves disabled, so that softirqs do not interrupt each other. Many threads may run the
same softirq at once; a tasklet runs in one thread at a time. There is no ksoftirqd: softirqs that are raised again and
again are left for the next such point.

An exception from a handler goes to sys.excepthook, and the interrupted code continues.
"""

from __future__ import annotations

import _thread
from _thread import get_ident
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from lockdep import assertions
from lockdep.contexts.simulated import in_interrupt, local_bh_disable, local_bh_enable
from primitives import _delivery
from primitives._delivery import IrqAction, report_errors
from primitives._sections import Section
from primitives.percpu import this_cpu

__all__ = [
    "Softirq", "SoftirqStatistics", "Tasklet", "TaskletStatistics", "local_bh", "local_bh_disable",
    "local_bh_enable", "open_softirq", "raise_softirq", "softirq_statistics",
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
    """The state of one softirq.

    runs       how often it has run so far
    pending    whether it is pending on this CPU
    """

    runs: int
    pending: bool


def local_bh() -> Section:
    """Return a context manager that disables bottom halves in this thread."""
    return Section(local_bh_disable, local_bh_enable)


def open_softirq(number: int, action: Callable[[], object]) -> None:
    """Install `action` for a softirq, in the place of an earlier one."""
    _delivery.softirqs[Softirq(number)] = IrqAction(action)


def raise_softirq(number: int) -> None:
    """Mark a softirq as pending on this CPU. It runs at the next point where it may. ValueError if it has no action."""
    if number not in _delivery.softirqs:
        raise ValueError(f"softirq {number} has no action")
    this_cpu().softirqs |= 1 << number
    _delivery.kick(get_ident())


def softirq_statistics(number: int) -> SoftirqStatistics:
    """Return the statistics of a softirq at this moment."""
    return SoftirqStatistics(_delivery.softirqs[number].runs.sum(), bool(this_cpu().softirqs >> number & 1))


@dataclass(frozen=True, slots=True)
class TaskletStatistics:
    """The state of a tasklet.

    runs         how often it has run so far
    scheduled    whether it is going to run again
    """

    runs: int
    scheduled: bool


class Tasklet:
    """A function that runs in softirq context, on the CPU that scheduled it, and never on two CPUs at once."""

    __slots__ = ("_disabled", "_function", "_killed", "_running", "_runs", "_scheduled")

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function
        self._scheduled = _thread.allocate_lock()  # serves as a bit: acquire(False) is test-and-set
        self._running = _thread.allocate_lock()
        self._disabled: list[None] = []  # one None for each disable(): append and pop are atomic
        self._runs = 0
        self._killed = False

    def schedule(self) -> None:
        """Schedule it to run soon. It runs once, however often this is called before it runs."""
        self._schedule(Softirq.TASKLET)

    def hi_schedule(self) -> None:
        """Like schedule, but ahead of all other softirqs."""
        self._schedule(Softirq.HI)

    def _schedule(self, number: Softirq) -> None:
        if self._scheduled.acquire(False):
            this_cpu().tasklets.setdefault(number, deque()).append(self)
            raise_softirq(number)

    def disable(self) -> None:
        """Keep it from running until enable(). A run in progress goes on (kernel: tasklet_disable_nosync).

        Nests; a scheduled run happens once it is enabled.
        """
        self._disabled.append(None)

    def disable_sync(self) -> None:
        """Like disable, and wait for a run in progress (kernel: tasklet_disable). RuntimeError in interrupt context.

        It sleeps, so it must not be called in atomic context, or under a lock that the tasklet takes.
        """
        _may_wait()
        self.disable()
        self._wait()

    def enable(self) -> None:
        """Undo one disable(). RuntimeError if there was none."""
        try:
            self._disabled.pop()
        except IndexError:
            raise RuntimeError("unbalanced enable of a tasklet") from None

    def kill(self) -> None:
        """Keep it from ever running again, and wait for a run in progress. RuntimeError in interrupt context.

        It sleeps, so it must not be called in atomic context, or under a lock that the tasklet takes.
        """
        _may_wait()
        self._killed = True
        self._wait()

    def _wait(self) -> None:
        with self._running:
            pass

    def statistics(self) -> TaskletStatistics:
        """Return the statistics at this moment."""
        return TaskletStatistics(self._runs, self._scheduled.locked() and not self._killed)

    def run(self) -> bool:
        """Run it. Return False if it could not run now, because it runs in another thread or is disabled.

        It asks whether it may run while it counts as running, so who takes that away and then waits sees it end.
        """
        if not self._running.acquire(False):
            return self._killed
        try:
            if self._disabled or self._killed:
                return self._killed
            self._scheduled.release()  # before the function runs, because it may schedule itself again
            self._runs += 1
            report_errors(self._function)
        finally:
            self._running.release()
        return True


def _may_wait() -> None:
    assertions.might_sleep()
    if in_interrupt():
        raise RuntimeError("a tasklet that is waited for in interrupt context might wait for itself")


def _run_tasklets(number: Softirq) -> None:
    waiting = this_cpu().tasklets.get(number, deque())
    for _ in range(len(waiting)):
        tasklet = waiting.popleft()
        if not tasklet.run():
            waiting.append(tasklet)
            raise_softirq(number)


open_softirq(Softirq.HI, lambda: _run_tasklets(Softirq.HI))
open_softirq(Softirq.TASKLET, lambda: _run_tasklets(Softirq.TASKLET))
