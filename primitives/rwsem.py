"""RWSem: a sleeping lock that many readers or one writer can hold (kernel: struct rw_semaphore).

It serves first come, first served: a waiting writer keeps new readers out, so neither side starves. Readers that are
neighbours in the queue are admitted together. Only a waiter that was just called can be overtaken, by a thread that
runs or by another waiter that is awake, until it has waited for some milliseconds (4; 1 from Python 3.14 on and without
the GIL). A writer can become a reader without letting another writer in between.

Only a thread that holds it may unlock it: anything else is reported, changes nothing and raises RuntimeError. A thread
that reads must not read again, because a writer that waits in between would make it wait for itself. A wait that can
never end raises DeadlockError.

Ctrl-C, or any other exception from a signal handler, ends any wait. The `_interruptible` methods also end, with
InterruptedError, when a handler returns; the pure build cannot notice that a handler has run.

Cost: the same as a ValidatedQueue.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import get_ident
from typing import Any, ClassVar, NoReturn

from lockdep.annotations import downgrade
from lockdep.fastpath import READ, DepMap
from lockdep.fastpath.waitqueue import FOREVER, Side, ValidatedQueue
from lockdep.wait_types import SLEEP, Traits
from primitives._report import bad_unlock
from primitives._sections import Attempt, Section

ALL = 1 << 30  # units that a writer takes; a reader takes one unit


@dataclass(frozen=True, slots=True)
class RWStatistics:
    """The state of a reader/writer lock at one moment.

    waiting         threads that wait
    owner           ident of the thread that writes, or None
    readers         how many hold it for reading
    acquisitions    how often it has been taken so far
    contended       how often a thread has had to wait so far
    """

    waiting: int
    owner: int | None
    readers: int
    acquisitions: int
    contended: int


class RWSem(ValidatedQueue):
    """Readers/writer semaphore. `acquire`, `release`, `locked` and `with` are the writer's side."""

    __slots__ = ("_read", "_write")
    traits: Traits = Traits(inner=SLEEP)

    def __init__(self, name: str | None = None) -> None:
        super().__init__(DepMap(name, type(self)), ALL, ALL, ALL)
        self._read = Side(self, 1, READ)
        self._write = Side(self, ALL)

    def read(self) -> Side:
        """Return a context manager for reading."""
        return self._read

    def write(self) -> Side:
        """Return a context manager for writing."""
        return self._write

    def down_read(self, timeout: float | None = None) -> bool:
        """Take it for reading, waiting for writers that are inside or came first; return whether it was taken.

        Waits for at most `timeout` seconds; None means without limit.
        """
        return self.lock(1, READ, FOREVER if timeout is None else max(0, timeout))

    def down_read_interruptible(self, timeout: float | None = None) -> bool:
        """Like down_read, but raise InterruptedError if a signal handler runs during the wait. Compiled build only."""
        return self.lock(1, READ, FOREVER if timeout is None else max(0, timeout), True)

    def down_read_killable(self, timeout: float | None = None) -> bool:
        """Like down_read. A Python program is killed by an exception from a signal handler, which ends any wait."""
        return self.down_read(timeout)

    def down_read_nested(self, subclass: int) -> None:
        """Like down_read, while the thread holds another RWSem of the class: take this one as `subclass`, 1 to 7."""
        self.lock(1, READ, FOREVER, False, False, None, subclass)

    def down_read_trylock(self) -> bool:
        """Take it for reading if that is possible at once; return whether it was taken."""
        return self.lock(1, READ, 0)

    def up_read(self) -> None:
        """Release it as a reader."""
        self.unlock(1)

    def down_write(self, timeout: float | None = None) -> bool:
        """Take it for writing, waiting until nobody reads or writes; return whether it was taken.

        Waits for at most `timeout` seconds; None means without limit.
        """
        return self.lock(ALL, 0, FOREVER if timeout is None else max(0, timeout))

    def down_write_interruptible(self, timeout: float | None = None) -> bool:
        """Like down_write, but raise InterruptedError if a signal handler runs during the wait. Compiled build only."""
        return self.lock(ALL, 0, FOREVER if timeout is None else max(0, timeout), True)

    def down_write_killable(self, timeout: float | None = None) -> bool:
        """Like down_write. See down_read_killable."""
        return self.down_write(timeout)

    def down_write_nested(self, subclass: int) -> None:
        """Like down_write, while the thread holds another RWSem of the class: take this one as `subclass`, 1 to 7."""
        self.lock(ALL, 0, FOREVER, False, False, None, subclass)

    def down_write_nest_lock(self, nest_lock: object) -> None:
        """Like down_write, while the thread holds `nest_lock`, which serialises all threads that take several of this
        class.
        """
        self.lock(ALL, 0, FOREVER, False, False, nest_lock)

    def down_write_trylock(self) -> bool:
        """Take it for writing if that is possible at once; return whether it was taken."""
        return self.lock(ALL, 0, 0)

    up_write: ClassVar[Callable[[Any], None]] = (
        ValidatedQueue.release
    )  # a Python function around it would double its cost

    def downgrade_write(self) -> None:
        """Turn the writer into a reader, and admit the readers at the head of the queue with it.

        RuntimeError if not the writer.
        """
        if self.owner != get_ident():
            self.unlock_wrongly()
        try:
            downgrade(self.dep_map)
        finally:
            self.give(ALL - 1)

    def trying_read(self) -> Attempt:
        """Return a context manager for reading if that is possible at once, which gives whether it is."""
        return Attempt(self.down_read_trylock, self.up_read)

    def trying_write(self) -> Attempt:
        """Return a context manager for writing if that is possible at once, which gives whether it is."""
        return Attempt(self.down_write_trylock, self.up_write)

    def interruptible_read(self) -> Section:
        """Return a context manager for reading that waits as down_read_interruptible does."""
        return Section(self.down_read_interruptible, self.up_read)

    def read_nested(self, subclass: int) -> Section:
        """Return a context manager for reading that takes it as down_read_nested(subclass) does."""
        return Section(lambda: self.down_read_nested(subclass), self.up_read)

    def write_nested(self, subclass: int) -> Section:
        """Return a context manager for writing that takes it as down_write_nested(subclass) does."""
        return Section(lambda: self.down_write_nested(subclass), self.up_write)

    def is_locked(self) -> bool:
        """Return whether anybody reads or writes (kernel: rwsem_is_locked)."""
        return self.free < ALL

    def is_contended(self) -> bool:
        """Return whether anybody waits (kernel: rwsem_is_contended)."""
        return self.waiting > 0

    def statistics(self) -> RWStatistics:
        """Return the statistics at this moment."""
        owner = self.owner or None
        readers = 0 if owner else max(0, ALL - self.free)
        return RWStatistics(self.waiting, owner, readers, self.dep_map.acquisitions, self.contended)

    def unlock_wrongly(self) -> NoReturn:
        """Report an unlock by a thread that does not hold it in this way, and raise RuntimeError."""
        bad_unlock(self, "unlock of an RWSem that this thread does not hold in this way")
