"""Mutex: the sleeping lock for ordinary code (kernel: struct mutex).

A wait looks again a few times while the holder runs, then sleeps in a queue: first come, first served, but who finds
the lock free takes it, until a waiter has been passed over for a millisecond; then it is handed to that one. Only the
thread that locked it may unlock it, and never locks it twice. Findings are also: a thread that ends with it held, and
taking it where nothing may sleep (in a handler, under a spinlock). The pure build's queue is that of the platform.

Cost: that of `with` and acquire of an ExclusiveLock.
"""

from __future__ import annotations

from lockdep.fastpath import UNTIL_SIGNAL
from lockdep.wait_types import SLEEP, Traits
from primitives._exclusive import Exclusive


class Mutex(Exclusive):
    """Mutual exclusion. `lock` and `unlock`, with their variants; `acquire`, `release` and `with` as threading.Lock."""

    __slots__ = ()
    traits = Traits(inner=SLEEP)

    lock_killable = Exclusive.lock  # what kills a Python program is an exception out of a handler: it ends any wait

    def lock_interruptible(self) -> None:
        """As lock; InterruptedError, and not locked, when a signal handler has run meanwhile. Compiled build only."""
        self.lock_as(timeout=UNTIL_SIGNAL)
