"""SeqCount, SeqLock, SeqCountLatch: readers that write nothing and look again (kernel: seqcount_t, seqlock_t).

    clock = SeqLock("clock")

    with clock:                               writer: one at a time
        seconds, nanoseconds = now()

    for _ in clock.reading():                 reader: the body runs again if a writer came in between
        picture = (seconds, nanoseconds)

What a reader reads may not fit together before the loop has ended, so the body only copies. A writer is never kept
waiting by readers. A reader waits while somebody writes, letting others run; in the thread that writes, or a handler on
top of it, that would be for ever: DeadlockError. A latch has two copies of the data, and no reader ever waits.

To the validator a writer holds the SeqCount, exclusively, and a reader acquires and releases it when it begins: a
reader inside of a writer is found, and so is any lock order that writers make. A SeqCount made with a lock asserts that
the lock is held where it is written.

Cost of a read, compiled: two looks of 30 ns each, with reading() some 100 ns more.
"""

from __future__ import annotations

import time
from _thread import get_ident
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lockdep import assertions, fastpath
from lockdep.fastpath import DepMap
from lockdep.wait_types import PLAIN
from primitives._report import bad_unlock, hopeless
from primitives.spinlock import SpinLock

if TYPE_CHECKING:
    from primitives import _seqlock as core
else:
    from primitives import atomic  # noqa: F401 - _seqlock is built on it

    core = fastpath.load("primitives._seqlock")


@dataclass(frozen=True, slots=True)
class SeqStatistics:
    """sequence: two for each write. owner: the ident of the thread that writes, or None. waiting: writers that do."""

    waiting: int
    owner: int | None
    sequence: int
    acquisitions: int


class SeqCount(core.Sequence):
    """A sequence count. Its writers exclude each other by other means, such as `lock`."""

    __slots__ = ("_lock", "_writer")
    traits = PLAIN

    def __init__(self, name: str | None = None, lock: Any = None) -> None:
        super().__init__(DepMap(name, type(self)))
        self._lock = lock
        self._writer = 0

    def write_begin(self, subclass: int = 0) -> None:
        """Begin to write."""
        if self._lock is not None:
            assertions.assert_held(self._lock)
        self.dep_map.hold(0, None, subclass)
        self._writer = get_ident()
        self.step()

    def write_end(self) -> None:
        """End writing."""
        if self._writer != get_ident():
            bad_unlock(self, "write_end() by a thread that does not write")
        self._writer = 0
        self.step()
        self.dep_map.release()

    def write_begin_nested(self, subclass: int) -> None:
        """As write_begin, while this thread writes another SeqCount of the same class."""
        self.write_begin(subclass)

    def write_invalidate(self) -> None:
        """Have all readers that are reading now read again."""
        self.step()
        self.step()

    def raw_seqcount_begin(self) -> int:
        """Return what read_retry compares with, without waiting: while somebody writes it will say True."""
        return self.now() & ~1

    def writing(self) -> Writing:
        """Return what `with` writes under."""
        return Writing(self)

    def wait_for_writer(self) -> None:
        """Let the writer run. DeadlockError if it is below on this very stack."""
        if self._writer == get_ident():
            hopeless("seqcount read inside of its own write section", "end the write first", self._class)
        time.sleep(0)

    def statistics(self) -> SeqStatistics:
        """Return a picture of this moment."""
        return SeqStatistics(0, self._writer or None, self.now(), self.dep_map.acquisitions)

    @property
    def _class(self) -> Any:
        return self.dep_map.entry.lock_class

    read_seqcount_begin = core.Sequence.read_begin
    read_seqcount_retry = core.Sequence.read_retry
    write_seqcount_begin = write_begin
    write_seqcount_begin_nested = write_begin_nested
    write_seqcount_end = write_end
    write_seqcount_invalidate = write_invalidate


class Writing:
    """One write, for `with`."""

    __slots__ = ("_count",)

    def __init__(self, count: SeqCount) -> None:
        self._count = count

    def __enter__(self) -> None:
        self._count.write_begin()

    def __exit__(self, *_: object) -> None:
        self._count.write_end()


class SeqLock(SeqCount):
    """A SeqCount with the SpinLock that its writers exclude each other with. `with` writes."""

    __slots__ = ("lock",)

    def __init__(self, name: str | None = None) -> None:
        self.lock = SpinLock(None if name is None else f"{name}.lock")
        super().__init__(name, self.lock)

    def write_seqlock(self) -> None:
        """Wait for other writers, then write."""
        self.lock.lock()
        self._begin(self.lock.unlock)

    def write_sequnlock(self) -> None:
        """End writing."""
        self.write_end()
        self.lock.unlock()

    def write_seqlock_bh(self) -> None:
        """As write_seqlock, with bottom halves off."""
        self.lock.lock_bh()
        self._begin(self.lock.unlock_bh)

    def write_sequnlock_bh(self) -> None:
        """End writing."""
        self.write_end()
        self.lock.unlock_bh()

    def write_seqlock_irq(self) -> None:
        """As write_seqlock, with interrupts off."""
        self.lock.lock_irq()
        self._begin(self.lock.unlock_irq)

    def write_sequnlock_irq(self) -> None:
        """End writing, and switch interrupts on."""
        self.write_end()
        self.lock.unlock_irq()

    def write_seqlock_irqsave(self) -> bool:
        """As write_seqlock, with interrupts off. Returns what write_sequnlock_irqrestore needs."""
        flags = self.lock.lock_irqsave()
        self._begin(lambda: self.lock.unlock_irqrestore(flags))
        return flags

    def write_sequnlock_irqrestore(self, flags: bool) -> None:
        """End writing, and have interrupts as they were."""
        self.write_end()
        self.lock.unlock_irqrestore(flags)

    def read_seqlock_excl(self) -> None:
        """Keep writers out, and other exclusive readers; readers go on."""
        self.lock.lock()

    def read_sequnlock_excl(self) -> None:
        """Let writers in."""
        self.lock.unlock()

    def read_seqlock_excl_bh(self) -> None:
        """As read_seqlock_excl, with bottom halves off."""
        self.lock.lock_bh()

    def read_sequnlock_excl_bh(self) -> None:
        """Let writers in, and switch bottom halves on."""
        self.lock.unlock_bh()

    def read_seqlock_excl_irq(self) -> None:
        """As read_seqlock_excl, with interrupts off."""
        self.lock.lock_irq()

    def read_sequnlock_excl_irq(self) -> None:
        """Let writers in, and switch interrupts on."""
        self.lock.unlock_irq()

    def read_seqlock_excl_irqsave(self) -> bool:
        """As read_seqlock_excl, with interrupts off. Returns what read_sequnlock_excl_irqrestore needs."""
        return self.lock.lock_irqsave()

    def read_sequnlock_excl_irqrestore(self, flags: bool) -> None:
        """Let writers in, and have interrupts as they were."""
        self.lock.unlock_irqrestore(flags)

    def read_seqbegin_or_lock(self, start: int) -> int:
        """Begin to read: without the lock if `start` is even, as at first; with it if it is odd, as in a retry."""
        if start & 1:
            self.read_seqlock_excl()
            return start
        return self.read_begin()

    def need_seqretry(self, start: int) -> bool:
        """Return whether a read begun by read_seqbegin_or_lock must be done again. With the lock it never must."""
        return not start & 1 and self.read_retry(start)

    def done_seqretry(self, start: int) -> None:
        """End a read begun by read_seqbegin_or_lock."""
        if start & 1:
            self.read_sequnlock_excl()

    @contextmanager
    def write_irqsave(self) -> Iterator[None]:
        """Write inside, with interrupts off."""
        flags = self.write_seqlock_irqsave()
        try:
            yield
        finally:
            self.write_sequnlock_irqrestore(flags)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Write, as threading.Lock is acquired."""
        if self.lock.acquire(blocking, timeout):
            self._begin(self.lock.unlock)
            return True
        return False

    def release(self) -> None:
        """End writing."""
        self.write_sequnlock()

    def locked(self) -> bool:
        """Return whether somebody writes, or reads exclusively."""
        return self.lock.locked()

    def __enter__(self) -> bool:
        self.write_seqlock()
        return True

    def __exit__(self, *_: object) -> None:
        self.write_sequnlock()

    def statistics(self) -> SeqStatistics:
        """Return a picture of this moment."""
        waiting = self.lock.statistics().waiting
        return SeqStatistics(waiting, self._writer or None, self.now(), self.dep_map.acquisitions)

    def _begin(self, undo: Any) -> None:
        try:
            self.write_begin()
        except BaseException:
            undo()
            raise

    read_seqbegin = core.Sequence.read_begin
    read_seqretry = core.Sequence.read_retry


class SeqCountLatch(core.Sequence):
    """Two copies of the data, of which readers use the one that is not being written: none ever waits.

    Not even one that interrupts the writer, such as a signal handler.

        latch.write_begin(); update(copies[0])            writers, one at a time
        latch.write();       update(copies[1])
        latch.write_end()

        for start in latch.reading():                     readers
            picture = copies[start & 1].copy()
    """

    __slots__ = ()
    traits = PLAIN

    def __init__(self, name: str | None = None) -> None:
        super().__init__(DepMap(name, type(self)))

    def read_begin(self) -> int:
        """Return what read_retry compares with; its lowest bit says which copy to read."""
        return self.now()

    def write_begin(self) -> None:
        """Send readers to copy 1: copy 0 may be changed now."""
        self.dep_map.hold()
        self.step()

    def write(self) -> None:
        """Send readers to copy 0: copy 1 may be changed now."""
        self.step()

    def write_end(self) -> None:
        """End writing."""
        self.dep_map.release()

    read_seqcount_latch = read_begin
    read_seqcount_latch_retry = core.Sequence.read_retry
    write_seqcount_latch_begin = write_begin
    write_seqcount_latch = write
    write_seqcount_latch_end = write_end
