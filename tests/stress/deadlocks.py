"""Real deadlocks, mixed into the storm: one thread of each gets DeadlockError, the other one goes on."""

from __future__ import annotations

import threading
import time
from typing import Any

import lockdep
from tests.patience import THREAD_LIMIT

AT_ONCE = 3  # deadlocks


class Pair:
    """Two threads that take two locks in both orders, and wait for each other."""

    def __init__(self) -> None:
        self.one = threading.Lock()
        self.two = threading.Lock()
        self.holding = 0
        self.raised: list[str] = []
        self.threads = [
            threading.Thread(target=self.nest, args=order) for order in ((self.one, self.two), (self.two, self.one))
        ]
        for thread in self.threads:
            thread.start()

    def nest(self, first: Any, second: Any) -> None:
        """Take both locks, the second one when the other thread has it."""
        try:
            with first:
                self.holding |= 1 << (first is self.two)
                while self.holding != 3:  # not to synchronise by a lock, which would be part of the deadlock
                    time.sleep(0.001)
                with second:
                    pass
        except lockdep.DeadlockError:
            self.raised.append(threading.current_thread().name)

    def is_over(self) -> bool:
        """Return whether both threads have ended."""
        return not any(thread.is_alive() for thread in self.threads)

    def problems(self) -> list[str]:
        """Wait for the end; return what is wrong then."""
        for thread in self.threads:
            thread.join(THREAD_LIMIT)
        if not self.is_over():
            return ["a deadlock was not ended"]
        held = self.one.locked() or self.two.locked()
        wrong = [] if len(self.raised) == 1 else [f"a deadlock has raised {len(self.raised)} exceptions"]
        return [*wrong, "a lock of a deadlock is not free"] if held else wrong


class Deadlocks:
    """The deadlocks of the storm: a few at a time, as long as it lasts."""

    def __init__(self) -> None:
        self.ended = 0
        self._pairs: list[Pair] = []

    def go_on(self) -> list[str]:
        """Begin a new deadlock in place of those that are over; return what is wrong with these."""
        over = [pair for pair in self._pairs if pair.is_over()]
        self._pairs = [pair for pair in self._pairs if pair not in over]
        if len(self._pairs) < AT_ONCE:
            self._pairs.append(Pair())
        return self._wrong(over)

    def finish(self) -> list[str]:
        """Wait for all; return what is wrong with them."""
        return self._wrong(self._pairs)

    def _wrong(self, pairs: list[Pair]) -> list[str]:
        self.ended += len(pairs)
        return [problem for pair in pairs for problem in pair.problems()]
