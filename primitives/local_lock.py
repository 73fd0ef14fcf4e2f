"""LocalLock: a name for "the data of this CPU are mine now" (kernel: local_lock_t).

Each thread is a CPU, so there is nothing to wait for and nothing is taken: the lock switches preemption off, and tells
the validator, which then knows what protects the data. Under it nothing may sleep. It has no part in interrupt
deadlocks between CPUs. Taking it twice is a DeadlockError, and only its holder may unlock it.
"""

from __future__ import annotations

from _thread import get_ident
from dataclasses import dataclass

from lockdep.contexts import simulated
from lockdep.fastpath import DepMap
from lockdep.wait_types import CONFIG, Traits


@dataclass(frozen=True, slots=True)
class LocalLockStatistics:
    """holders: the threads that are in, each on its own data."""

    holders: int
    acquisitions: int


class LocalLock:
    """Per-CPU lock. `acquire`, `release`, `locked` and `with` as any other lock."""

    __slots__ = ("__weakref__", "_holders", "dep_map")
    traits = Traits(inner=CONFIG, kind="percpu")

    def __init__(self, name: str | None = None) -> None:
        self.dep_map = DepMap(name, type(self))
        self._holders: set[int] = set()  # idents of threads; each adds and removes its own

    def local_lock(self) -> None:
        """Have the data of this CPU."""
        simulated.preempt_disable()
        try:
            ticket = self.dep_map.acquire()
            if self.locked():  # where nothing is tracked, nobody has said so yet
                raise RuntimeError("this thread holds the local lock already")
            self.dep_map.acquired(ticket)
            self._holders.add(get_ident())
        except BaseException:
            simulated.preempt_enable()
            raise

    def local_unlock(self) -> None:
        """Give them back."""
        held = self.locked()
        self.dep_map.release()
        if not held:
            raise RuntimeError("unlock of a local lock that this thread does not hold")
        self._holders.discard(get_ident())
        simulated.preempt_enable()

    def local_lock_irq(self) -> None:
        """Switch interrupts off, then have the data."""
        self.local_lock_irqsave()

    def local_unlock_irq(self) -> None:
        """Give the data back, then switch interrupts on."""
        self.local_unlock()
        simulated.local_irq_enable()

    def local_lock_irqsave(self) -> bool:
        """Switch interrupts off, then have the data. Returns what local_unlock_irqrestore needs."""
        flags = simulated.local_irq_save()
        try:
            self.local_lock()
        except BaseException:
            simulated.local_irq_restore(flags)
            raise
        return flags

    def local_unlock_irqrestore(self, flags: bool) -> None:
        """Give the data back, and have interrupts as they were."""
        self.local_unlock()
        simulated.local_irq_restore(flags)

    def local_lock_bh(self) -> None:
        """Switch bottom halves off, then have the data."""
        simulated.local_bh_disable()
        try:
            self.local_lock()
        except BaseException:
            simulated.local_bh_enable()
            raise

    def local_unlock_bh(self) -> None:
        """Give the data back, then switch bottom halves on."""
        self.local_unlock()
        simulated.local_bh_enable()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: ARG002 - nothing to wait for
        """Have the data of this CPU. Nobody else can have them, so this never waits."""
        self.local_lock()
        return True

    release = local_unlock

    def locked(self) -> bool:
        """Return whether this thread holds it."""
        return get_ident() in self._holders

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.local_unlock()

    def statistics(self) -> LocalLockStatistics:
        """Return a picture of this moment."""
        return LocalLockStatistics(len(self._holders), self.dep_map.acquisitions)
