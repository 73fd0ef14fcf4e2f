"""PercpuRWSem: a reader/writer semaphore whose readers share nothing, for what is hardly ever written
(kernel: struct percpu_rw_semaphore).

Each reader counts itself on its own CPU, which is its thread, and looks whether a writer is there; so readers never
write to the same place. A writer says that it is there, waits until the counts of all CPUs add up to nothing, and keeps
new readers out meanwhile: they wait behind it. Writers exclude each other, first come, first served.

To the validator it is an RWSem: a thread that reads must not read again, because a writer that waits in between would
make it wait for itself. Only a thread that holds it may unlock it: anything else is reported, changes nothing and
raises RuntimeError. A child of a fork has the reader or writer that has forked, and no other one. An exception from a
signal handler ends any wait; one that arrives between two bytecodes of `down_read` itself may lose the count of that
reader, so that writers wait for ever.

Cost: about 1 us for a reader, whatever others do, three times what an RWSem takes where nobody contends; without the
GIL, readers on several cores do not slow each other down. A writer looks at every CPU, some 0.2 us for each.
"""

from __future__ import annotations

import weakref
from _thread import get_ident

from lockdep import fastpath
from lockdep.fastpath import READ, TRY, Chain, DepMap
from lockdep.fastpath.waitqueue import WaitQueue
from lockdep.forks import at_fork
from lockdep.wait_types import SLEEP, Traits
from primitives._report import bad_unlock, initialised
from primitives._sections import Attempt, Section
from primitives.barrier import smp_mb
from primitives.percpu import PerCPU
from primitives.rwsem import ALL, RWStatistics

_sems: weakref.WeakSet[PercpuRWSem] = weakref.WeakSet()


class PercpuRWSem:
    """Readers/writer semaphore with cheap readers. `read()` and `write()` are its sections.

    `_gate` has ALL units: a writer takes all of them before it blocks the readers, a reader that finds itself blocked
    one, for a moment. Invariant: `_blocked` is true only while a writer has all units. Who counts itself and then finds
    `_blocked` false has it for reading, since a writer sets `_blocked` before it looks at the counts.
    """

    traits: Traits = Traits(inner=SLEEP)

    def __init__(self, name: str | None = None) -> None:
        initialised(self)
        self.dep_map: DepMap = DepMap(name, type(self))
        self._readers: PerCPU[int] = PerCPU(0)
        self._reset()
        _sems.add(self)

    def _reset(self) -> None:
        self._gate = WaitQueue(ALL, ALL)
        self._left = WaitQueue(0)  # a unit for each reader that has left while a writer waited
        self._blocked = False
        self._owner = 0  # ident of the writer
        self._contended = 0

    # Readers

    def down_read(self) -> None:
        """Take it for reading, waiting while another thread writes or waits to."""
        ticket = self.dep_map.acquire(READ)
        if not self._enter():
            self._wait_in_line(ticket)
        try:
            self.dep_map.acquired(ticket, READ)
        except BaseException:
            self._leave()
            raise

    def down_read_trylock(self) -> bool:
        """Take it for reading if no other thread writes or waits to; return whether it was taken."""
        if not self._enter():
            return False
        try:
            self.dep_map.acquired(None, READ | TRY)
        except BaseException:
            self._leave()
            raise
        return True

    def up_read(self) -> None:
        """Release it as a reader."""
        if self._owner == get_ident() or not self.dep_map.release():
            self._unlock_wrongly()
        self._leave()

    # Writers

    def down_write(self) -> None:
        """Take it for writing, waiting until nobody reads or writes."""
        ticket = self.dep_map.acquire()
        if not self._gate.take(ALL):
            self._wait(self._gate, ALL, ticket)
        self._blocked = True
        smp_mb()  # before the counts are read: a reader that is not seen there sees `_blocked`
        try:
            while self._readers.sum():
                self._wait(self._left, 1, ticket)
            self._owner = get_ident()
            self.dep_map.acquired(ticket)
        except BaseException:
            self._open()
            raise

    def down_write_trylock(self) -> bool:
        """Take it for writing if nobody reads or writes; return whether it was taken. (The kernel has no such try.)"""
        if not self._gate.take(ALL):
            return False
        self._blocked = True
        smp_mb()
        taken = False
        try:
            if self._readers.sum() == 0:
                self._owner = get_ident()
                self.dep_map.acquired(None, TRY)
                taken = True
        finally:
            if not taken:
                self._open()
        return taken

    def up_write(self) -> None:
        """Release it as the writer."""
        if self._owner != get_ident():
            self._unlock_wrongly()
        try:
            self.dep_map.release()
        finally:
            self._open()

    # Sections, and questions

    def read(self) -> Section:
        """Return a context manager for reading."""
        return Section(self.down_read, self.up_read)

    def write(self) -> Section:
        """Return a context manager for writing."""
        return Section(self.down_write, self.up_write)

    def trying_read(self) -> Attempt:
        """Return a context manager for reading if that is possible at once, which gives whether it is."""
        return Attempt(self.down_read_trylock, self.up_read)

    def is_read_locked(self) -> bool:
        """Return whether anybody reads (kernel: percpu_is_read_locked)."""
        return not self._owner and self._readers.sum() > 0

    def is_write_locked(self) -> bool:
        """Return whether anybody writes (kernel: percpu_is_write_locked)."""
        return self._owner != 0

    def statistics(self) -> RWStatistics:
        """Return the statistics at this moment."""
        waiting = self._gate.waiting + self._left.waiting
        readers = 0 if self._owner else max(0, self._readers.sum())
        return RWStatistics(waiting, self._owner or None, readers, self.dep_map.acquisitions, self._contended)

    def _enter(self) -> bool:
        """Count this thread as a reader, unless a writer is there."""
        self._readers.this_cpu_inc()
        smp_mb()  # before `_blocked` is read: a writer that does not see the count is seen here
        if not self._blocked:
            return True
        self._leave()
        return False

    def _leave(self) -> None:
        self._readers.this_cpu_dec()
        smp_mb()
        if self._blocked:
            self._left.give(1)

    def _wait_in_line(self, ticket: Chain | None) -> None:
        """Wait behind the writers, and count this thread as a reader. There is no writer while it has a unit."""
        if not self._gate.take(1):
            self._wait(self._gate, 1, ticket)
        try:
            self._readers.this_cpu_inc()
        finally:
            self._gate.give(1)

    def _open(self) -> None:
        self._owner = 0
        self._blocked = False
        self._left.drain()
        self._gate.give(ALL)

    def _wait(self, queue: WaitQueue, units: int, ticket: Chain | None) -> None:
        """Take units of a queue, with the wait in the table of waits and on the books of the validator."""
        entry = fastpath.Wait(fastpath.thread_state().serial, self.dep_map, None, False)
        taken = False
        self._contended += 1
        try:
            self.dep_map.contended(ticket)
            entry.publish()
            while not taken:
                taken = queue.wait(units, entry.nap)
                if not taken:
                    entry.look()
        finally:
            entry.withdraw()
            if not taken:
                self.dep_map.gave_up(ticket)

    def _unlock_wrongly(self) -> None:
        bad_unlock(self, "unlock of a PercpuRWSem that this thread does not hold in this way")

    def _forked(self) -> None:
        """Forget, in the child of a fork, the holders that are not there."""
        writes = self._owner == get_ident()
        self._readers = PerCPU(0)
        self._reset()
        if writes:
            self._gate.take(ALL)
            self._blocked, self._owner = True, get_ident()
        else:
            self._readers.this_cpu_add(self.dep_map.held_count())


def _in_child() -> None:
    for sem in list(_sems):
        sem._forked()


at_fork(after_in_child=_in_child)
