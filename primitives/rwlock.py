"""RWLock: a spinning lock that many readers or one writer can hold (kernel: rwlock_t).

By default readers come first, as they once did in Linux: a reader waits for a writer that is inside, but never for one
that waits. So a thread may read again while it reads, and an interrupt handler may read what it has interrupted; on the
other hand, readers can starve a writer. With `queued` the lock is fair, like Linux' queued rwlock: first come, first
served, except that readers in interrupts, or with bottom halves off, still pass waiting writers.

A thread that waits spins briefly, then lets other threads run, then sleeps. To the validator it is a spinning lock,
under which nothing may sleep. Only a thread that holds the lock may unlock it: anything else is reported, changes
nothing and raises RuntimeError.

Cost: the same as a ValidatedQueue; switching interrupts adds some microseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NoReturn

from lockdep.contexts import simulated
from lockdep.fastpath import READ, RECURSIVE_READ, DepMap
from lockdep.fastpath.waitqueue import FOREVER, Side, ValidatedQueue
from lockdep.wait_types import CONFIG, Traits
from primitives._report import bad_unlock
from primitives._sections import Section, StateSection
from primitives.rwsem import ALL, RWStatistics

SPINS = 2


class RWLock(ValidatedQueue):
    """Reader/writer spinlock. `acquire`, `release`, `locked` and `with` are the writer's side."""

    __slots__ = ("_write", "queued")
    traits: Traits = Traits(inner=CONFIG)

    def __init__(self, name: str | None = None, queued: bool = False) -> None:
        super().__init__(DepMap(name, type(self)), ALL, ALL, ALL, SPINS)
        self.queued: bool = queued
        self._write = Side(self, ALL)

    def read(self) -> Side:
        """Return a context manager for reading in the present context (task or interrupt)."""
        passing = not self.queued or simulated.in_interrupt()
        return Side(self, 1, RECURSIVE_READ if passing else READ, passing)

    def write(self) -> Side:
        """Return a context manager for writing."""
        return self._write

    def read_lock(self, timeout: float = FOREVER) -> bool:
        """Take the lock for reading, waiting for at most `timeout` seconds (by default without limit).

        Returns whether it was taken.
        """
        if self.queued and not simulated.in_interrupt():
            return self.lock(1, READ, timeout)
        return self.lock(1, RECURSIVE_READ, timeout, False, True)

    def read_trylock(self) -> bool:
        """Take the lock for reading if that is possible at once; return whether it was taken."""
        return self.read_lock(0)

    def read_unlock(self) -> None:
        """Release the lock as a reader."""
        self.unlock(1)

    # The queue's own methods: a Python function around them would double the cost.
    write_lock: ClassVar[Callable[[Any], bool]] = ValidatedQueue.__enter__  # waits until nobody reads or writes
    write_unlock: ClassVar[Callable[[Any], None]] = ValidatedQueue.release

    def write_lock_nested(self, subclass: int) -> None:
        """Like write_lock, while the thread holds another RWLock of the same class: take this one as `subclass`, 1 to
        7.
        """
        self.lock(ALL, 0, FOREVER, False, False, None, subclass)

    def write_trylock(self) -> bool:
        """Take the lock for writing if that is possible at once; return whether it was taken."""
        return self.lock(ALL, 0, 0)

    def read_lock_irq(self) -> None:
        """Disable interrupts, then take the lock for reading."""
        simulated.local_irq_disable()
        try:
            self.read_lock()
        except BaseException:
            simulated.local_irq_enable()
            raise

    def read_unlock_irq(self) -> None:
        """Release the lock as a reader, then enable interrupts."""
        self.read_unlock()
        simulated.local_irq_enable()

    def read_lock_irqsave(self) -> bool:
        """Disable interrupts, then take the lock for reading; return the previous state for read_unlock_irqrestore."""
        flags = simulated.local_irq_save()
        try:
            self.read_lock()
        except BaseException:
            simulated.local_irq_restore(flags)
            raise
        return flags

    def read_unlock_irqrestore(self, flags: bool) -> None:
        """Release the lock as a reader, then restore the interrupt state `flags`."""
        self.read_unlock()
        simulated.local_irq_restore(flags)

    def read_lock_bh(self) -> None:
        """Disable bottom halves, then take the lock for reading."""
        simulated.local_bh_disable()
        try:
            self.read_lock()
        except BaseException:
            simulated.local_bh_enable()
            raise

    def read_unlock_bh(self) -> None:
        """Release the lock as a reader, then enable bottom halves."""
        self.read_unlock()
        simulated.local_bh_enable()

    def write_lock_irq(self) -> None:
        """Disable interrupts, then take the lock for writing."""
        simulated.local_irq_disable()
        try:
            self.write_lock()
        except BaseException:
            simulated.local_irq_enable()
            raise

    def write_unlock_irq(self) -> None:
        """Release the lock as the writer, then enable interrupts."""
        self.write_unlock()
        simulated.local_irq_enable()

    def write_lock_irqsave(self) -> bool:
        """Disable interrupts, then take the lock for writing; return the previous state for write_unlock_irqrestore."""
        flags = simulated.local_irq_save()
        try:
            self.write_lock()
        except BaseException:
            simulated.local_irq_restore(flags)
            raise
        return flags

    def write_unlock_irqrestore(self, flags: bool) -> None:
        """Release the lock as the writer, then restore the interrupt state `flags`."""
        self.write_unlock()
        simulated.local_irq_restore(flags)

    def write_lock_bh(self) -> None:
        """Disable bottom halves, then take the lock for writing."""
        simulated.local_bh_disable()
        try:
            self.write_lock()
        except BaseException:
            simulated.local_bh_enable()
            raise

    def write_unlock_bh(self) -> None:
        """Release the lock as the writer, then enable bottom halves."""
        self.write_unlock()
        simulated.local_bh_enable()

    def read_irq(self) -> Section:
        """Return a context manager for reading with interrupts disabled, which enables them at the end."""
        return Section(self.read_lock_irq, self.read_unlock_irq)

    def read_irqsave(self) -> StateSection[bool]:
        """Return a context manager for reading with interrupts disabled, which restores their state at the end."""
        return StateSection(self.read_lock_irqsave, self.read_unlock_irqrestore)

    def read_bh(self) -> Section:
        """Return a context manager for reading with bottom halves disabled."""
        return Section(self.read_lock_bh, self.read_unlock_bh)

    def write_irq(self) -> Section:
        """Return a context manager for writing with interrupts disabled, which enables them at the end."""
        return Section(self.write_lock_irq, self.write_unlock_irq)

    def write_irqsave(self) -> StateSection[bool]:
        """Return a context manager for writing with interrupts disabled, which restores their state at the end."""
        return StateSection(self.write_lock_irqsave, self.write_unlock_irqrestore)

    def write_bh(self) -> Section:
        """Return a context manager for writing with bottom halves disabled."""
        return Section(self.write_lock_bh, self.write_unlock_bh)

    def statistics(self) -> RWStatistics:
        """Return the statistics at this moment."""
        owner = self.owner or None
        readers = 0 if owner else max(0, ALL - self.free)
        return RWStatistics(self.waiting, owner, readers, self.dep_map.acquisitions, self.contended)

    def unlock_wrongly(self) -> NoReturn:
        """Report an unlock by a thread that does not hold the lock in this way, and raise RuntimeError."""
        bad_unlock(self, "unlock of an RWLock that this thread does not hold in this way")
