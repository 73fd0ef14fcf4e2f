"""SpinLock and RawSpinLock: for a few lines that never sleep (kernel: spinlock_t, raw_spinlock_t).

A wait looks again a few times, letting others run in between, and then sleeps: another thread may hold the lock for as
long as the interpreter pleases. To the validator it is a lock under which nothing may sleep; a SpinLock sleeps itself
on a real-time kernel, so it may not be taken under a RawSpinLock. One that is shared with an interrupt handler is
taken with interrupts off (lock_irq, lock_irqsave), with a softirq handler at least with bottom halves off (lock_bh).

Cost: that of `with` and acquire of an ExclusiveLock; some microseconds for switching interrupts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lockdep.contexts.simulated import (
    local_bh_disable,
    local_bh_enable,
    local_irq_enable,
    local_irq_restore,
    local_irq_save,
)
from lockdep.wait_types import CONFIG, SPIN, Traits
from primitives._exclusive import Exclusive


class SpinLock(Exclusive):
    """Spinlock. `lock` and `unlock`, with their variants; `acquire`, `release` and `with` as threading.Lock."""

    __slots__ = ()
    traits = Traits(inner=CONFIG)

    def lock_irq(self) -> None:
        """Switch interrupts off, then lock."""
        self.lock_irqsave()

    def unlock_irq(self) -> None:
        """Unlock, then switch interrupts on."""
        self.unlock()
        local_irq_enable()

    def lock_irqsave(self) -> bool:
        """Switch interrupts off, then lock. Returns what unlock_irqrestore needs."""
        flags = local_irq_save()
        try:
            self.lock()
        except BaseException:
            local_irq_restore(flags)
            raise
        return flags

    def unlock_irqrestore(self, flags: bool) -> None:
        """Unlock, and have interrupts as they were."""
        self.unlock()
        local_irq_restore(flags)

    def trylock_irqsave(self) -> tuple[bool, bool]:
        """Lock with interrupts off, if that is possible now: (True, flags). Else change nothing."""
        flags = local_irq_save()
        if self.trylock():
            return True, flags
        local_irq_restore(flags)
        return False, flags

    def lock_bh(self) -> None:
        """Switch bottom halves off, then lock."""
        local_bh_disable()
        try:
            self.lock()
        except BaseException:
            local_bh_enable()
            raise

    def unlock_bh(self) -> None:
        """Unlock, then switch bottom halves on."""
        self.unlock()
        local_bh_enable()

    def trylock_bh(self) -> bool:
        """Lock with bottom halves off, if that is possible now."""
        local_bh_disable()
        if self.trylock():
            return True
        local_bh_enable()
        return False

    @contextmanager
    def irq(self) -> Iterator[None]:
        """Hold it with interrupts off, inside."""
        self.lock_irq()
        try:
            yield
        finally:
            self.unlock_irq()

    @contextmanager
    def irqsave(self) -> Iterator[None]:
        """Hold it with interrupts off, inside; afterwards they are as they were."""
        flags = self.lock_irqsave()
        try:
            yield
        finally:
            self.unlock_irqrestore(flags)

    @contextmanager
    def bh(self) -> Iterator[None]:
        """Hold it with bottom halves off, inside."""
        self.lock_bh()
        try:
            yield
        finally:
            self.unlock_bh()


class RawSpinLock(SpinLock):
    """A SpinLock that spins on every kernel: for what must work in any context. No SpinLock is taken under it."""

    __slots__ = ()
    traits = Traits(inner=SPIN)
