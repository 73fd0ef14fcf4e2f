"""RWLock: a spinning lock that many readers or one writer can hold (kernel: rwlock_t).

Readers come first, as they did in Linux: a reader waits for a writer that is in, never for one that waits, so a thread
may read again while it reads, and a handler may read what it has interrupted; in return readers can starve a writer.
With `queued` it is fair, as Linux' queued rwlock: first come, first served, but readers in interrupts (or with bottom
halves off) still pass the writers that wait.

It spins briefly, then lets other threads run, then sleeps; to the validator it is a spinning lock, under which nothing
may sleep. Only who holds it may unlock it: anything else is a finding and a RuntimeError, and changes nothing.
"""

from __future__ import annotations

from typing import NoReturn

from lockdep.contexts import simulated
from lockdep.fastpath import READ, RECURSIVE_READ, DepMap
from lockdep.fastpath.waitqueue import FOREVER, Side, ValidatedQueue
from lockdep.wait_types import CONFIG, Traits
from primitives._report import bad_unlock
from primitives.rwsem import ALL, RWStatistics

SPINS = 2


class RWLock(ValidatedQueue):
    """Reader/writer spinlock. `acquire`, `release`, `locked` and `with` are the writer's side."""

    __slots__ = ("_write", "queued")
    traits = Traits(inner=CONFIG)

    def __init__(self, name: str | None = None, queued: bool = False) -> None:
        super().__init__(DepMap(name, type(self)), ALL, ALL, ALL, SPINS)
        self.queued = queued
        self._write = Side(self, ALL)

    def read(self) -> Side:
        """Return what a with statement reads under, in this context."""
        passing = not self.queued or simulated.in_interrupt()
        return Side(self, 1, RECURSIVE_READ if passing else READ, passing)

    def write(self) -> Side:
        """Return what a with statement writes under."""
        return self._write

    def read_lock(self, timeout: float = FOREVER) -> bool:
        """Read, as soon as nobody writes."""
        if self.queued and not simulated.in_interrupt():
            return self.lock(1, READ, timeout)
        return self.lock(1, RECURSIVE_READ, timeout, False, True)

    def read_trylock(self) -> bool:
        """Read if that is possible now."""
        return self.read_lock(0)

    def read_unlock(self) -> None:
        """Stop reading."""
        self.unlock(1)

    # As they are in the queue, without a Python function around them: half the cost.
    write_lock = ValidatedQueue.__enter__  # write, as soon as nobody reads or writes
    write_unlock = ValidatedQueue.release  # stop writing

    def write_lock_nested(self, subclass: int) -> None:
        """As write_lock, under another RWLock of the same class."""
        self.lock(ALL, 0, FOREVER, False, False, None, subclass)

    def write_trylock(self) -> bool:
        """Write if that is possible now."""
        return self.lock(ALL, 0, 0)

    def read_lock_irq(self) -> None:
        """Switch interrupts off, then read."""
        simulated.local_irq_disable()
        try:
            self.read_lock()
        except BaseException:
            simulated.local_irq_enable()
            raise

    def read_unlock_irq(self) -> None:
        """Stop reading, then switch interrupts on."""
        self.read_unlock()
        simulated.local_irq_enable()

    def read_lock_irqsave(self) -> bool:
        """Switch interrupts off, then read. Returns what read_unlock_irqrestore needs."""
        flags = simulated.local_irq_save()
        try:
            self.read_lock()
        except BaseException:
            simulated.local_irq_restore(flags)
            raise
        return flags

    def read_unlock_irqrestore(self, flags: bool) -> None:
        """Stop reading, and have interrupts as they were."""
        self.read_unlock()
        simulated.local_irq_restore(flags)

    def read_lock_bh(self) -> None:
        """Switch bottom halves off, then read."""
        simulated.local_bh_disable()
        try:
            self.read_lock()
        except BaseException:
            simulated.local_bh_enable()
            raise

    def read_unlock_bh(self) -> None:
        """Stop reading, then switch bottom halves on."""
        self.read_unlock()
        simulated.local_bh_enable()

    def write_lock_irq(self) -> None:
        """Switch interrupts off, then write."""
        simulated.local_irq_disable()
        try:
            self.write_lock()
        except BaseException:
            simulated.local_irq_enable()
            raise

    def write_unlock_irq(self) -> None:
        """Stop writing, then switch interrupts on."""
        self.write_unlock()
        simulated.local_irq_enable()

    def write_lock_irqsave(self) -> bool:
        """Switch interrupts off, then write. Returns what write_unlock_irqrestore needs."""
        flags = simulated.local_irq_save()
        try:
            self.write_lock()
        except BaseException:
            simulated.local_irq_restore(flags)
            raise
        return flags

    def write_unlock_irqrestore(self, flags: bool) -> None:
        """Stop writing, and have interrupts as they were."""
        self.write_unlock()
        simulated.local_irq_restore(flags)

    def write_lock_bh(self) -> None:
        """Switch bottom halves off, then write."""
        simulated.local_bh_disable()
        try:
            self.write_lock()
        except BaseException:
            simulated.local_bh_enable()
            raise

    def write_unlock_bh(self) -> None:
        """Stop writing, then switch bottom halves on."""
        self.write_unlock()
        simulated.local_bh_enable()

    def statistics(self) -> RWStatistics:
        """Return a picture of this moment."""
        owner = self.owner or None
        readers = 0 if owner else max(0, ALL - self.free)
        return RWStatistics(self.waiting, owner, readers, self.dep_map.acquisitions, self.contended)

    def unlock_wrongly(self) -> NoReturn:
        bad_unlock(self, "unlock of an RWLock that this thread does not hold in this way")
