"""Mutex: the sleeping lock for ordinary code (kernel: struct mutex).

Only the thread that locked a Mutex may unlock it, and that thread must not lock it again. A thread that waits sleeps in
a queue. A thread that finds the lock free takes it even if others wait; once a waiter has been passed over for long (a
millisecond, four before Python 3.14), the lock is handed to that waiter. Without the GIL a waiter polls the lock a few
times before it sleeps. The pure build waits in the platform's lock and promises no order.

Two more things are reported: a thread that ends while it holds a Mutex, and an attempt to take one where sleeping is
not allowed (in an interrupt handler or under a spinlock).

Cost: the same as `with` and acquire of an ExclusiveLock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from lockdep.fastpath import UNTIL_SIGNAL
from lockdep.wait_types import SLEEP, Traits
from primitives._exclusive import Exclusive
from primitives._sections import Section


class Mutex(Exclusive):
    """Mutual exclusion, with `lock` and `unlock` and their variants.

    Acquire, release and `with` work as in threading.Lock.
    """

    __slots__ = ()
    traits: Traits = Traits(inner=SLEEP)

    # A Python program is killed by an exception from a handler, which ends any wait.
    lock_killable: ClassVar[Callable[[Any], bool]] = Exclusive.lock

    def lock_interruptible(self) -> None:
        """Like lock, but raise InterruptedError, without the lock, if a signal handler runs during the wait.

        Works in the compiled build only; the pure build cannot notice that a handler has run.
        """
        self.lock_as(timeout=UNTIL_SIGNAL)

    def interruptible(self) -> Section:
        """Return a context manager that takes the mutex as lock_interruptible does."""
        return Section(self.lock_interruptible, self.unlock)
