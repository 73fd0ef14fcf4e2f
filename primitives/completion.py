"""Completion: threads wait for it until another thread says that something is done (kernel: struct completion).

`complete` lets one thread go on: the one that has waited longest or, if none waits, the next one to wait.
`complete_all` lets all threads go on until `reinit`. To the validator it is no lock: a thread that waits depends on
every lock that is held where the completion is completed.
"""

from __future__ import annotations

from dataclasses import dataclass

from lockdep.fastpath import DepMap
from lockdep.fastpath.waitqueue import FOREVER, LIMIT, UnitPool
from lockdep.wait_types import SLEEP, Traits


@dataclass(frozen=True, slots=True)
class CompletionStatistics:
    """The state of a completion at one moment.

    waiting      threads that wait
    done         how many more waits will return at once
    contended    how often a thread has had to wait so far
    """

    waiting: int
    done: int
    contended: int


class Completion(UnitPool):
    """A counted event: each complete() ends one wait."""

    __slots__ = ()
    traits: Traits = Traits(inner=SLEEP)

    def __init__(self, name: str | None = None) -> None:
        super().__init__(DepMap(name, type(self)), 0, True)

    def wait_for_completion(self) -> None:
        """Wait until it is done."""
        self.lock(1)

    def wait_for_completion_timeout(self, timeout: float) -> bool:
        """Wait until it is done, for at most `timeout` seconds; return whether it was done."""
        return self.lock(1, 0, max(0, timeout))

    def wait_for_completion_interruptible(self) -> None:
        """Wait until it is done; raise InterruptedError if a signal handler runs meanwhile. Compiled build only."""
        self.lock(1, 0, FOREVER, True)

    def wait_for_completion_interruptible_timeout(self, timeout: float) -> bool:
        """Like wait_for_completion_interruptible, for at most `timeout` seconds; return whether it was done."""
        return self.lock(1, 0, max(0, timeout), True)

    def wait_for_completion_killable(self) -> None:
        """Like wait_for_completion.

        A Python program is killed by an exception from a signal handler, which ends any wait.
        """
        self.lock(1)

    def try_wait_for_completion(self) -> bool:
        """Use up one complete() without waiting; return whether there was one."""
        return self.lock(1, 0, 0)

    def complete(self) -> None:
        """End one wait: that of the thread that has waited longest or, if none waits, the next one."""
        self.unlock(1)

    def complete_all(self) -> None:
        """End all waits, present and future, until reinit()."""
        self.unlock(LIMIT)

    def done(self) -> bool:
        """Return whether a wait would return at once (kernel: completion_done)."""
        return self.free > 0

    def reinit(self) -> None:
        """Reset to not done. Must not run concurrently with a wait or complete()."""
        self.drain()

    def statistics(self) -> CompletionStatistics:
        """Return the statistics at this moment."""
        return CompletionStatistics(self.waiting, self.free, self.contended)
