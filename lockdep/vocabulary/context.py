"""What can interrupt a thread now, and what it is inside of: data of one thread, changed by contexts/ alone."""

from __future__ import annotations

from dataclasses import dataclass

from lockdep.trace import StackTrace
from lockdep.vocabulary.states import HARDIRQ, SOFTIRQ, State
from lockdep.wait_types import MAX


@dataclass(frozen=True, slots=True)
class IrqSummary:
    """An IrqState as a report shows it; `last` has (event, number, stack) of the switches."""

    hardirq: int = 0
    softirq: int = 0
    hardirqs_on: bool = True
    softirqs_on: bool = True
    preempt: int = 0
    event: int = 0
    last: tuple[tuple[str, int, StackTrace], ...] = ()


class IrqState:
    """Interrupts of one thread: counts of what it is inside of, and of what is switched off.

    Invariant: `switches` remembers, for each handler entered, whether interrupts were on before it, and whether the
    handler was a threaded one.
    """

    __slots__ = (
        "bh_depth",
        "event",
        "hardirq_depth",
        "hardirqs_on",
        "last",
        "preempt_depth",
        "softirq_depth",
        "switches",
    )

    def __init__(self) -> None:
        self.hardirqs_on = True
        self.bh_depth = self.hardirq_depth = self.softirq_depth = self.preempt_depth = 0
        self.switches: list[tuple[bool, bool]] = []
        self.event = 0
        self.last: dict[str, tuple[int, StackTrace]] = {}

    @property
    def inside(self) -> tuple[State, ...]:
        """The states whose handlers are running."""
        return ((HARDIRQ,) if self.hardirq_depth else ()) + ((SOFTIRQ,) if self.softirq_depth else ())

    @property
    def enabled(self) -> tuple[State, ...]:
        """The states that could interrupt now. Softirqs run when hardirqs are on, too."""
        if not self.hardirqs_on:
            return ()
        return (HARDIRQ,) if self.bh_depth else (HARDIRQ, SOFTIRQ)

    @property
    def wait(self) -> int:
        """The wait type of the context: what may be waited for here (kernel: task_wait_context)."""
        if self.hardirq_depth:
            return HARDIRQ.threaded if self.switches[-1][1] else HARDIRQ.wait
        return SOFTIRQ.wait if self.softirq_depth else MAX

    @property
    def atomic(self) -> bool:
        """Whether this code must not sleep."""
        return not self.hardirqs_on or bool(
            self.bh_depth or self.hardirq_depth or self.softirq_depth or self.preempt_depth
        )

    def key(self) -> tuple[object, ...] | None:
        """Return what makes a chain in this context another one; None for ordinary code."""
        if self.inside == () and len(self.enabled) == 2:
            return None
        return (self.inside, self.enabled, self.wait)

    def mode(self) -> int:
        """Return what is added to the mode of the locks taken here."""
        return sum(state.mode for state in self.inside)

    def note(self, what: str, stack: StackTrace) -> None:
        """Remember a switch, for reports."""
        self.event += 1
        self.last[what] = (self.event, stack)

    def summary(self) -> IrqSummary:
        """Return what a report shows of it."""
        return IrqSummary(
            self.hardirq_depth,
            self.softirq_depth,
            self.hardirqs_on,
            not self.bh_depth,
            self.preempt_depth,
            self.event,
            tuple((what, number, stack) for what, (number, stack) in self.last.items()),
        )


ORDINARY = IrqState()
QUIET = ORDINARY.summary()
