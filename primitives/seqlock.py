"""SeqCount, SeqLock, SeqCountLatch: readers that write nothing and read again if disturbed (kernel: seqcount_t,
seqlock_t).

    clock = SeqLock("clock")

    with clock:                               writer: one at a time
        seconds, nanoseconds = now()

    for _ in clock.reading():                 reader: the body runs again if a writer came in between
        picture = (seconds, nanoseconds)

Before the loop has ended, the values that a reader has read may be inconsistent, so the body should only copy them.
Readers never make a writer wait. A reader waits while a writer writes, and lets other threads run; in the writer's own
thread, or in a handler that interrupted it, the wait could not end and raises DeadlockError. A latch has two copies of
the data, and no reader ever waits.

To the validator a writer holds the SeqCount exclusively, and a reader acquires and releases it when it begins: a read
inside of the same thread's write is reported, and so are lock orders that writers violate. A SeqCount made with a lock
asserts that this lock is held during writes.

Cost of a read, compiled: two checks of 30 ns each; reading() adds about 100 ns.
"""

from __future__ import annotations

import time
from _thread import get_ident
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from lockdep import assertions, fastpath
from lockdep.fastpath import DepMap
from lockdep.wait_types import PLAIN
from primitives._report import bad_unlock, hopeless, initialised, suspicious
from primitives._sections import Section, StateSection
from primitives.spinlock import SpinLock

if TYPE_CHECKING:
    from primitives import _seqlock as core
else:
    from primitives import atomic  # noqa: F401 - _seqlock is built on it

    core = fastpath.load("primitives._seqlock")


@dataclass(frozen=True, slots=True)
class SeqStatistics:
    """The state of a sequence lock at one moment.

    waiting         writers that wait
    owner           ident of the thread that writes, or None
    sequence        the sequence number: it grows by two with each write
    acquisitions    how often it has been written so far
    """

    waiting: int
    owner: int | None
    sequence: int
    acquisitions: int


class SeqCount(core.Written):
    """A sequence count.

    Something else must make its writers exclude each other; `lock`, if given, is asserted to be held. A second writer
    is reported where it begins. Readers then wait for the last of them, but may see what both have written.
    """

    __slots__ = ()
    traits = PLAIN

    def __init__(self, name: str | None = None, lock: Any = None) -> None:
        initialised(self)
        core.Written.__init__(self, DepMap(name, type(self)), lock)

    def check_guard(self) -> None:
        """Report a write without the lock that excludes writers."""
        assertions.assert_held(self.guard)

    def overlaps(self) -> None:
        """Report a second writer."""
        suspicious("a seqcount is written by two writers at once", "something else must exclude its writers")

    def unlock_wrongly(self) -> NoReturn:
        """Report the end of a write by a thread that does not write, and raise RuntimeError."""
        bad_unlock(self, "write_end() by a thread that does not write")

    def write_invalidate(self) -> None:
        """Make all present readers read again."""
        self.step()
        self.step()

    def raw_seqcount_begin(self) -> int:
        """Return a number for read_retry without waiting: if a writer writes now, read_retry will return True."""
        return self.now() & ~1

    def wait_for_writer(self) -> None:
        """Let other threads run. DeadlockError if the writer is this very thread."""
        if get_ident() in self.writers:
            hopeless("seqcount read inside of its own write section", "end the write first", self._class)
        time.sleep(0)

    def statistics(self) -> SeqStatistics:
        """Return the statistics at this moment."""
        return SeqStatistics(0, self._writer, self.now(), self.dep_map.acquisitions)

    @property
    def _writer(self) -> int | None:
        return next(iter(self.writers), None)

    @property
    def _class(self) -> Any:
        return self.dep_map.entry.lock_class

    read_seqcount_begin: ClassVar[Callable[[Any], int]] = core.Sequence.read_begin
    read_seqcount_retry: ClassVar[Callable[[Any, int], bool]] = core.Sequence.read_retry
    write_seqcount_begin: ClassVar[Callable[[Any], None]] = core.Written.write_begin
    write_seqcount_begin_nested: ClassVar[Callable[[Any, int], None]] = core.Written.write_begin_nested
    write_seqcount_end: ClassVar[Callable[[Any], None]] = core.Written.write_end
    write_seqcount_invalidate = write_invalidate


class SeqLock(core.LockedSequence, SeqCount):
    """A SeqCount together with the SpinLock by which its writers exclude each other. `with` writes."""

    __slots__ = ()

    def __init__(self, name: str | None = None) -> None:
        if getattr(self, "lock", None) is not None:
            self.lock.init()  # as the SeqCount's own: whoever writes holds both
        self.lock = SpinLock(None if name is None else f"{name}.lock")
        SeqCount.__init__(self, name, self.lock)

    def write_seqlock_bh(self) -> None:
        """Like write_seqlock, with bottom halves disabled."""
        self.lock.lock_bh()
        self._begin(self.lock.unlock_bh)

    def write_sequnlock_bh(self) -> None:
        """End writing and enable bottom halves."""
        self.write_end()
        self.lock.unlock_bh()

    def write_seqlock_irq(self) -> None:
        """Like write_seqlock, with interrupts disabled."""
        self.lock.lock_irq()
        self._begin(self.lock.unlock_irq)

    def write_sequnlock_irq(self) -> None:
        """End writing and enable interrupts."""
        self.write_end()
        self.lock.unlock_irq()

    def write_seqlock_irqsave(self) -> bool:
        """Like write_seqlock, with interrupts disabled; return the previous state for write_sequnlock_irqrestore."""
        flags = self.lock.lock_irqsave()
        self._begin(lambda: self.lock.unlock_irqrestore(flags))
        return flags

    def write_sequnlock_irqrestore(self, flags: bool) -> None:
        """End writing and restore the interrupt state `flags`."""
        self.write_end()
        self.lock.unlock_irqrestore(flags)

    def read_seqlock_excl(self) -> None:
        """Exclude writers and other exclusive readers. Ordinary readers are not affected."""
        self.lock.lock()

    def read_sequnlock_excl(self) -> None:
        """Admit writers again."""
        self.lock.unlock()

    def read_seqlock_excl_bh(self) -> None:
        """Like read_seqlock_excl, with bottom halves disabled."""
        self.lock.lock_bh()

    def read_sequnlock_excl_bh(self) -> None:
        """Admit writers again and enable bottom halves."""
        self.lock.unlock_bh()

    def read_seqlock_excl_irq(self) -> None:
        """Like read_seqlock_excl, with interrupts disabled."""
        self.lock.lock_irq()

    def read_sequnlock_excl_irq(self) -> None:
        """Admit writers again and enable interrupts."""
        self.lock.unlock_irq()

    def read_seqlock_excl_irqsave(self) -> bool:
        """Like read_seqlock_excl, with interrupts disabled.

        Returns the previous state for read_sequnlock_excl_irqrestore.
        """
        return self.lock.lock_irqsave()

    def read_sequnlock_excl_irqrestore(self, flags: bool) -> None:
        """Admit writers again and restore the interrupt state `flags`."""
        self.lock.unlock_irqrestore(flags)

    def read_seqbegin_or_lock(self, start: int) -> int:
        """Begin to read: without the lock if `start` is even, with it if `start` is odd.

        Use 0 first and 1 for a retry.
        """
        if start & 1:
            self.read_seqlock_excl()
            return start
        return self.read_begin()

    def need_seqretry(self, start: int) -> bool:
        """Return whether a read begun by read_seqbegin_or_lock must be repeated. A read under the lock never must."""
        return not start & 1 and self.read_retry(start)

    def done_seqretry(self, start: int) -> None:
        """End a read begun by read_seqbegin_or_lock: release the lock if it was taken."""
        if start & 1:
            self.read_sequnlock_excl()

    def write_irqsave(self) -> StateSection[bool]:
        """Return a context manager that writes with interrupts disabled, and restores their state at the end."""
        return StateSection(self.write_seqlock_irqsave, self.write_sequnlock_irqrestore)

    def write_irq(self) -> Section:
        """Return a context manager that writes with interrupts disabled, and enables them at the end."""
        return Section(self.write_seqlock_irq, self.write_sequnlock_irq)

    def write_bh(self) -> Section:
        """Return a context manager that writes with bottom halves disabled."""
        return Section(self.write_seqlock_bh, self.write_sequnlock_bh)

    def read_excl(self) -> Section:
        """Return a context manager that reads exclusively, as read_seqlock_excl does."""
        return Section(self.read_seqlock_excl, self.read_sequnlock_excl)

    def read_excl_irqsave(self) -> StateSection[bool]:
        """Like read_excl, with interrupts disabled; their state is restored at the end."""
        return StateSection(self.read_seqlock_excl_irqsave, self.read_sequnlock_excl_irqrestore)

    def locked(self) -> bool:
        """Return whether a thread writes or reads exclusively."""
        return self.lock.locked()

    def statistics(self) -> SeqStatistics:
        """Return the statistics at this moment."""
        waiting = self.lock.statistics().waiting
        return SeqStatistics(waiting, self._writer, self.now(), self.dep_map.acquisitions)

    def _begin(self, undo: Any) -> None:
        try:
            self.write_begin()
        except BaseException:
            undo()
            raise

    read_seqbegin: ClassVar[Callable[[Any], int]] = core.Sequence.read_begin
    read_seqretry: ClassVar[Callable[[Any, int], bool]] = core.Sequence.read_retry


class SeqCountLatch(core.Sequence):
    """A sequence count with two copies of the data. Readers use the copy that is not being written, so none ever waits.

    Not even a reader that interrupts the writer waits, such as a signal handler.

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
        """Return a number for read_retry. Its lowest bit is the index of the copy to read."""
        return self.now()

    def write_begin(self) -> None:
        """Direct readers to copy 1: copy 0 may be changed now."""
        self.dep_map.hold()
        self.step()

    def write(self) -> None:
        """Direct readers to copy 0: copy 1 may be changed now."""
        self.step()

    def write_end(self) -> None:
        """End writing."""
        self.dep_map.release()

    read_seqcount_latch = read_begin
    read_seqcount_latch_retry: ClassVar[Callable[[Any, int], bool]] = core.Sequence.read_retry
    write_seqcount_latch_begin = write_begin
    write_seqcount_latch = write
    write_seqcount_latch_end = write_end
