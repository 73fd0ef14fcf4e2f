"""The model's interrupts: whether they are on, and which handlers the thread is running.

Ending a handler switches interrupts on, whatever they were before it: so the operations of the self-test are defined.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.selftest.model_words import CONFIG, MAX, SPIN


@dataclass
class Context:
    """The context of the only thread."""

    irqs_off: bool = False
    bh_depth: int = 0
    preempt_depth: int = 0
    handlers: list[tuple[str, int]] = field(default_factory=list)

    def mark_held(self, state: str) -> None:
        """Note that every held lock is now held with `state` on."""
        raise NotImplementedError

    @property
    def in_hardirq(self) -> bool:
        return any(kind == "hardirq" for kind, _ in self.handlers)

    @property
    def in_softirq(self) -> bool:
        return any(kind == "softirq" for kind, _ in self.handlers)

    @property
    def softirqs_off(self) -> bool:
        return self.bh_depth > 0

    def in_interrupt(self) -> bool:
        return bool(self.handlers) or self.bh_depth > 0

    def context(self) -> tuple[bool, bool]:
        return self.in_hardirq, self.in_softirq

    def wait_type(self) -> int:
        """Return the longest wait type that is allowed here while nothing is held."""
        return min((wait_type for _, wait_type in self.handlers), default=MAX)

    def hardirq_disable(self) -> None:
        self.irqs_off = True

    def hardirq_enable(self) -> None:
        if self.irqs_off:
            self.irqs_off = False
            self.mark_held("HARDIRQ")
            if not self.softirqs_off:
                self.mark_held("SOFTIRQ")

    def softirq_disable(self) -> None:
        self.bh_depth += 1

    def softirq_enable(self) -> None:
        self.bh_depth -= 1
        if self.bh_depth == 0 and not self.irqs_off:
            self.mark_held("SOFTIRQ")

    def hardirq_enter(self) -> None:
        self._enter_handler("hardirq", CONFIG)

    def hardirq_enter_nonthreaded(self) -> None:
        self._enter_handler("hardirq", SPIN)

    def _enter_handler(self, kind: str, wait_type: int) -> None:
        self.hardirq_disable()
        self.handlers.append((kind, wait_type))

    def hardirq_exit(self) -> None:
        self.handlers.pop()
        self.hardirq_enable()

    def softirq_enter(self) -> None:
        self.softirq_disable()
        self._enter_handler("softirq", CONFIG)

    def softirq_exit(self) -> None:
        self.handlers.pop()
        self.hardirq_enable()
        self.softirq_enable()

    def preempt_disable(self) -> None:
        self.preempt_depth += 1

    def preempt_enable(self) -> None:
        self.preempt_depth -= 1
