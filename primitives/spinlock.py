"""SpinLock and RawSpinLock: for a few lines that never sleep (kernel: spinlock_t, raw_spinlock_t).

A thread that waits sleeps, because the interpreter may keep the holder from running for any time; without the GIL it
polls the lock a few times first. To the validator it is still a lock under which nothing may
sleep. A SpinLock sleeps on a real-time kernel, so it must not be taken under a RawSpinLock.

If an interrupt handler takes the lock as well, everybody else must take it with interrupts off (lock_irq,
lock_irqsave); if a softirq handler does, with bottom halves off at least (lock_bh).

Cost: the same as `with` and acquire of an ExclusiveLock; switching interrupts adds some microseconds.
"""

from __future__ import annotations

from lockdep.contexts.simulated import (
    local_bh_disable,
    local_bh_enable,
    local_irq_enable,
    local_irq_restore,
    local_irq_save,
)
from lockdep.wait_types import CONFIG, SPIN, Traits
from primitives._exclusive import Exclusive
from primitives._sections import Attempt, Section, StateAttempt, StateSection


class SpinLock(Exclusive):
    """Spinlock, with `lock` and `unlock` and their variants; acquire, release and `with` work as in threading.Lock."""

    __slots__ = ()
    traits: Traits = Traits(inner=CONFIG)

    def lock_irq(self) -> None:
        """Disable interrupts, then take the lock."""
        self.lock_irqsave()

    def unlock_irq(self) -> None:
        """Release the lock, then enable interrupts."""
        self.unlock()
        local_irq_enable()

    def lock_irqsave(self) -> bool:
        """Disable interrupts, then take the lock; return the previous state for unlock_irqrestore."""
        flags = local_irq_save()
        try:
            self.lock()
        except BaseException:
            local_irq_restore(flags)
            raise
        return flags

    def unlock_irqrestore(self, flags: bool) -> None:
        """Release the lock, then restore the interrupt state `flags` that lock_irqsave returned."""
        self.unlock()
        local_irq_restore(flags)

    def trylock_irq(self) -> bool:
        """Try to take the lock with interrupts disabled; return whether it was taken. If not, they are enabled."""
        taken, _ = self.trylock_irqsave()
        if not taken:
            local_irq_enable()
        return taken

    def trylock_irqsave(self) -> tuple[bool, bool]:
        """Try to take the lock with interrupts disabled; return whether it was taken, and the flags for
        unlock_irqrestore.

        If it was not taken, interrupts are as before.
        """
        flags = local_irq_save()
        if self.trylock():
            return True, flags
        local_irq_restore(flags)
        return False, flags

    def lock_bh(self) -> None:
        """Disable bottom halves, then take the lock."""
        local_bh_disable()
        try:
            self.lock()
        except BaseException:
            local_bh_enable()
            raise

    def unlock_bh(self) -> None:
        """Release the lock, then enable bottom halves."""
        self.unlock()
        local_bh_enable()

    def trylock_bh(self) -> bool:
        """Try to take the lock with bottom halves disabled; return whether it was taken.

        If not, bottom halves are as before.
        """
        local_bh_disable()
        if self.trylock():
            return True
        local_bh_enable()
        return False

    def irq(self) -> Section:
        """Return a context manager that holds the lock with interrupts disabled, and enables them at the end."""
        return Section(self.lock_irq, self.unlock_irq)

    def irqsave(self) -> StateSection[bool]:
        """Return a context manager that holds the lock with interrupts disabled, then restores their state."""
        return StateSection(self.lock_irqsave, self.unlock_irqrestore)

    def bh(self) -> Section:
        """Return a context manager that holds the lock with bottom halves disabled."""
        return Section(self.lock_bh, self.unlock_bh)

    def trying_irq(self) -> Attempt:
        """Like trying, with interrupts disabled if it was taken; they are enabled at the end."""
        return Attempt(self.trylock_irq, self.unlock_irq)

    def trying_irqsave(self) -> StateAttempt:
        """Like trying, with interrupts disabled if it was taken; their state is restored at the end."""
        return StateAttempt(self.trylock_irqsave, self.unlock_irqrestore)

    def trying_bh(self) -> Attempt:
        """Like trying, with bottom halves disabled if it was taken."""
        return Attempt(self.trylock_bh, self.unlock_bh)


class RawSpinLock(SpinLock):
    """A SpinLock that spins on every kernel, for code that must work in any context.

    No SpinLock may be taken under it.
    """

    __slots__ = ()
    traits: Traits = Traits(inner=SPIN)
