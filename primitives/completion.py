"""Completion: something that threads wait for until another one says that it is done (kernel: struct completion).

`complete` lets one waiter go on, the first one, now or later; `complete_all` lets everybody go on, until `reinit`. To
the validator it is no lock: who waits depends on every lock that is held where it is completed.
"""

from __future__ import annotations

from dataclasses import dataclass

from lockdep.fastpath import DepMap
from lockdep.fastpath.waitqueue import FOREVER, LIMIT, UnitPool
from lockdep.wait_types import SLEEP, Traits


@dataclass(frozen=True, slots=True)
class CompletionStatistics:
    """done: how many more waits will find it done."""

    waiting: int
    done: int
    contended: int


class Completion(UnitPool):
    """An event that is counted: each complete() ends one wait."""

    __slots__ = ()
    traits = Traits(inner=SLEEP)

    def __init__(self, name: str | None = None) -> None:
        super().__init__(DepMap(name, type(self)), 0, True)

    def wait_for_completion(self) -> None:
        """Wait until it is done."""
        self.lock(1)

    def wait_for_completion_timeout(self, timeout: float) -> bool:
        """Wait until it is done; return False if it was not for so many seconds."""
        return self.lock(1, 0, max(0, timeout))

    def wait_for_completion_interruptible(self) -> None:
        """Wait until it is done; InterruptedError when a signal handler has run. Compiled build only."""
        self.lock(1, 0, FOREVER, True)

    def wait_for_completion_interruptible_timeout(self, timeout: float) -> bool:
        """As wait_for_completion_interruptible, for so many seconds at most."""
        return self.lock(1, 0, max(0, timeout), True)

    def wait_for_completion_killable(self) -> None:
        """As wait_for_completion: what kills a Python program is an exception out of a handler, and that ends it."""
        self.lock(1)

    def try_wait_for_completion(self) -> bool:
        """Use up one completion if it is done now."""
        return self.lock(1, 0, 0)

    def complete(self) -> None:
        """Let one waiter go on: the first one, or the next to come."""
        self.unlock(1)

    def complete_all(self) -> None:
        """Let all go on that wait or will ever wait."""
        self.unlock(LIMIT)

    def done(self) -> bool:
        """Return whether a wait would go on at once (kernel: completion_done)."""
        return self.free > 0

    def reinit(self) -> None:
        """Be not done again. Nobody may wait or complete meanwhile."""
        self.drain()

    def statistics(self) -> CompletionStatistics:
        """Return a picture of this moment."""
        return CompletionStatistics(self.waiting, self.free, self.contended)
