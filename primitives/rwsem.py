"""RWSem: a sleeping lock that many readers or one writer can hold (kernel: struct rw_semaphore).

First come, first served: a writer that waits keeps new readers out, so neither side starves; readers that stand
together in the queue go in together. A writer can turn into a reader without letting another writer in between.

Only who holds it may unlock it: anything else is a finding and a RuntimeError, and changes nothing. A thread that reads
may not read again: with a writer waiting in between it would wait for itself. DeadlockError where a wait could not end.

Waits are ended by Ctrl-C and by any other exception that a signal handler raises. The `_interruptible` ones also end,
with InterruptedError, when a handler returns; the pure build cannot notice that one has run.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import get_ident
from typing import NoReturn

from lockdep.annotations import downgrade
from lockdep.fastpath import READ, DepMap
from lockdep.fastpath.waitqueue import FOREVER, Side, ValidatedQueue
from lockdep.wait_types import SLEEP, Traits
from primitives._report import bad_unlock

ALL = 1 << 30  # what a writer takes; a reader takes one


@dataclass(frozen=True, slots=True)
class RWStatistics:
    """owner: the ident of the thread that writes, or None. contended: how many have had to wait in the queue, ever."""

    waiting: int
    owner: int | None
    readers: int
    acquisitions: int
    contended: int


class RWSem(ValidatedQueue):
    """Readers/writer semaphore. `acquire`, `release`, `locked` and `with` are the writer's side."""

    __slots__ = ("_read", "_write")
    traits = Traits(inner=SLEEP)

    def __init__(self, name: str | None = None) -> None:
        super().__init__(DepMap(name, type(self)), ALL, ALL, ALL)
        self._read = Side(self, 1, READ)
        self._write = Side(self, ALL)

    def read(self) -> Side:
        """Return what a with statement reads under."""
        return self._read

    def write(self) -> Side:
        """Return what a with statement writes under."""
        return self._write

    def down_read(self, timeout: float | None = None) -> bool:
        """Wait until nobody writes, or wants to and was here before; then read. False when the time was up."""
        return self.lock(1, READ, FOREVER if timeout is None else max(0, timeout))

    def down_read_interruptible(self, timeout: float | None = None) -> bool:
        """As down_read; InterruptedError when a signal handler has run."""
        return self.lock(1, READ, FOREVER if timeout is None else max(0, timeout), True)

    def down_read_killable(self, timeout: float | None = None) -> bool:
        """As down_read: what kills a Python program is an exception out of a handler, and that ends any wait."""
        return self.down_read(timeout)

    def down_read_nested(self, subclass: int) -> None:
        """As down_read, under another RWSem of the same class."""
        self.lock(1, READ, FOREVER, False, False, None, subclass)

    def down_read_trylock(self) -> bool:
        """Read if that is possible now."""
        return self.lock(1, READ, 0)

    def up_read(self) -> None:
        """Stop reading."""
        self.unlock(1)

    def down_write(self, timeout: float | None = None) -> bool:
        """Wait until nobody reads or writes; then write. False when the time was up."""
        return self.lock(ALL, 0, FOREVER if timeout is None else max(0, timeout))

    def down_write_interruptible(self, timeout: float | None = None) -> bool:
        """As down_write; InterruptedError when a signal handler has run."""
        return self.lock(ALL, 0, FOREVER if timeout is None else max(0, timeout), True)

    def down_write_killable(self, timeout: float | None = None) -> bool:
        """As down_write: see down_read_killable."""
        return self.down_write(timeout)

    def down_write_nested(self, subclass: int) -> None:
        """As down_write, under another RWSem of the same class."""
        self.lock(ALL, 0, FOREVER, False, False, None, subclass)

    def down_write_nest_lock(self, nest_lock: object) -> None:
        """As down_write, under others of the same class; `nest_lock`, which is held, is what serialises them."""
        self.lock(ALL, 0, FOREVER, False, False, nest_lock)

    def down_write_trylock(self) -> bool:
        """Write if that is possible now."""
        return self.lock(ALL, 0, 0)

    up_write = ValidatedQueue.release  # stop writing; without a Python function around it, which would double its cost

    def downgrade_write(self) -> None:
        """Turn from the writer into a reader, together with the readers that wait first in the queue."""
        if self.owner != get_ident():
            self.unlock_wrongly()
        try:
            downgrade(self.dep_map)
        finally:
            self.give(ALL - 1)

    def is_locked(self) -> bool:
        """Return whether anybody reads or writes (kernel: rwsem_is_locked)."""
        return self.free < ALL

    def is_contended(self) -> bool:
        """Return whether anybody waits (kernel: rwsem_is_contended)."""
        return self.waiting > 0

    def statistics(self) -> RWStatistics:
        """Return a picture of this moment."""
        owner = self.owner or None
        readers = 0 if owner else max(0, ALL - self.free)
        return RWStatistics(self.waiting, owner, readers, self.dep_map.acquisitions, self.contended)

    def unlock_wrongly(self) -> NoReturn:
        bad_unlock(self, "unlock of an RWSem that this thread does not hold in this way")
