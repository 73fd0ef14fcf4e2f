"""What the subjects of worktorture are made of: what went wrong, and a function that must not run at certain times."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

from tests.stress.torture import delay

HUNG = 5.0  # seconds after which a thread should not sleep any more whose condition holds


class Violations(list[str]):
    """What went wrong."""

    def unless(self, good: object, text: str) -> None:
        if not good:
            self.append(text)


Round = Callable[[Random], object]
MakeSubject = Callable[[bool, Violations], Round]


class Guarded:
    """A function that must run in one thread at a time, and not while it is forbidden."""

    def __init__(self, violations: Violations) -> None:
        self.violations = violations
        self.inside: deque[None] = deque()
        self.forbidden = False
        self.runs = 0
        self.random = Random(1)

    def __call__(self, thing: Any = None) -> None:
        self.inside.append(None)
        self.violations.unless(len(self.inside) == 1, "it runs in two threads at once")
        self.violations.unless(not self.forbidden, "it runs after it was waited for")
        delay(self.random)
        self.violations.unless(not self.forbidden, "it is running still after it was waited for")
        self.runs += 1
        self.inside.pop()
        self.again(thing)

    def again(self, thing: Any) -> None:
        """Ask for the next run, or do not."""
