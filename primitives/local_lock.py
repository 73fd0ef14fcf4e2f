"""LocalLock: protects the data of this CPU against other code on this CPU (kernel: local_lock_t).

Each thread is a CPU of its own here, so no other thread can contend for the lock and nothing ever waits. Taking it
disables preemption and tells the validator, which then knows what protects the data. Nothing may sleep under it. It
takes no part in interrupt deadlocks between CPUs. Taking it twice raises DeadlockError; only its holder may unlock it.

Cost: some microseconds for taking and releasing it.
"""

from __future__ import annotations

from _thread import get_ident
from dataclasses import dataclass

from lockdep.contexts import simulated
from lockdep.fastpath import DepMap
from lockdep.wait_types import CONFIG, Traits
from primitives._report import initialised
from primitives._sections import Section, StateSection


@dataclass(frozen=True, slots=True)
class LocalLockStatistics:
    """The state of a local lock at one moment.

    holders         threads that hold it, each for the data of its own CPU
    acquisitions    how often it has been taken so far
    """

    holders: int
    acquisitions: int


class LocalLock:
    """Per-CPU lock. `acquire`, `release`, `locked` and `with` work as in any other lock."""

    __slots__ = ("__weakref__", "_holders", "dep_map")
    traits: Traits = Traits(inner=CONFIG, kind="percpu", counted=False)

    def __init__(self, name: str | None = None) -> None:
        initialised(self)
        self.dep_map: DepMap = DepMap(name, type(self))
        self._holders: set[int] = set()  # idents of threads; each adds and removes its own

    def local_lock(self) -> None:
        """Take the lock of this CPU.

        DeadlockError, or RuntimeError where nothing is validated, if this thread holds it.
        """
        simulated.count_preemption(1)
        try:
            ticket = self.dep_map.acquire()
            if self.locked():  # dep_map.acquire reports this only where locks are validated
                raise RuntimeError("this thread holds the local lock already")
            self.dep_map.acquired(ticket)
            self._holders.add(get_ident())
        except BaseException:
            simulated.count_preemption(-1)
            raise

    def local_unlock(self) -> None:
        """Release the lock of this CPU. RuntimeError, after a report, if this thread does not hold it."""
        held = self.locked()
        self.dep_map.release()
        if not held:
            raise RuntimeError("unlock of a local lock that this thread does not hold")
        self._holders.discard(get_ident())
        simulated.count_preemption(-1)

    def local_lock_irq(self) -> None:
        """Disable interrupts, then take the lock."""
        self.local_lock_irqsave()

    def local_unlock_irq(self) -> None:
        """Release the lock, then enable interrupts."""
        self.local_unlock()
        simulated.local_irq_enable()

    def local_lock_irqsave(self) -> bool:
        """Disable interrupts, then take the lock; return the previous state for local_unlock_irqrestore."""
        flags = simulated.local_irq_save()
        try:
            self.local_lock()
        except BaseException:
            simulated.local_irq_restore(flags)
            raise
        return flags

    def local_unlock_irqrestore(self, flags: bool) -> None:
        """Release the lock, then restore the interrupt state `flags`."""
        self.local_unlock()
        simulated.local_irq_restore(flags)

    def local_lock_bh(self) -> None:
        """Disable bottom halves, then take the lock."""
        simulated.local_bh_disable()
        try:
            self.local_lock()
        except BaseException:
            simulated.local_bh_enable()
            raise

    def local_unlock_bh(self) -> None:
        """Release the lock, then enable bottom halves."""
        self.local_unlock()
        simulated.local_bh_enable()

    def irq(self) -> Section:
        """Return a context manager that holds the lock with interrupts disabled, and enables them at the end."""
        return Section(self.local_lock_irq, self.local_unlock_irq)

    def irqsave(self) -> StateSection[bool]:
        """Return a context manager that holds the lock with interrupts disabled, then restores their state."""
        return StateSection(self.local_lock_irqsave, self.local_unlock_irqrestore)

    def bh(self) -> Section:
        """Return a context manager that holds the lock with bottom halves disabled."""
        return Section(self.local_lock_bh, self.local_unlock_bh)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: ARG002 - it never waits
        """Take the lock of this CPU and return True. It never waits, so `blocking` and `timeout` have no effect."""
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
        """Return the statistics at this moment."""
        return LocalLockStatistics(len(self._holders), self.dep_map.acquisitions)
