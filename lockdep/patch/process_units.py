"""Semaphores of multiprocessing with several units, in `with` statements: locks that as many threads may hold.

They are validated as those of threading are, see semaphores.py. What other processes do is not known here: how many
units their threads want, for one. So an order is reported only if the threads of this process can take all units; where
the halves of a cycle were seen by different processes, a side that wants a unit closes none.

A thread that waits for a unit does not count as one that has it. Units that are taken or given back outside of a `with`
statement are nobody's. Cost: some microseconds for each `with` statement.
"""

from __future__ import annotations

from typing import Any

from lockdep import fastpath, runtime
from lockdep.fastpath import BLOCKING, TRY
from lockdep.graph.classes import LockClass
from lockdep.patch.process_locks import Followed, follows
from lockdep.patch.units import Units, want
from lockdep.vocabulary.kinds import PROCESS


class ProcessUnits(Units):
    """What the validator knows of such a semaphore in this process."""

    __slots__ = ()
    kind_name = PROCESS

    def __init__(self, lock_class: LockClass | None, count: int) -> None:
        super().__init__(lock_class, count)
        self.seen.returned = True  # a `with` statement gives back what it takes


class FollowedUnits(Followed):
    """A Semaphore that began with several units."""

    map: ProcessUnits

    @property
    def units(self) -> int:
        """How many threads can have one at once."""
        return self.map.seen.count

    def take(self, *args: Any, **kwargs: Any) -> Any:
        """Take a unit at the begin of a `with` statement."""
        if not follows():
            return self.semlock.acquire(*args, **kwargs)
        want(self.map)
        before = self.map.held_count()
        ticket = None if before else self.map.acquire(self.map.mode)
        taken = False
        try:
            taken = self.try_or_wait(ticket, BLOCKING)
            self.map.acquired(ticket, self.map.mode | (TRY if before else BLOCKING))
            return taken
        except BaseException:
            self._undo(before, taken=taken)
            raise

    def _undo(self, before: int, *, taken: bool) -> None:
        """Give back the unit when an exception came, as that says that it was not taken."""
        if taken:
            self.semlock.release()
        if self.map.held_count() > before:
            self.map.release()

    def drop(self) -> None:
        """Give back a unit at the end of a `with` statement."""
        mine = self.map.held_count() > 0
        try:
            self.semlock.release()
        finally:
            if mine:
                self.map.release()
            else:  # in a child that was forked inside of the statement, for one
                self.crossed = True
        runtime.judge_if_calm()

    def take_directly(self, *args: Any, **kwargs: Any) -> Any:
        """Take a unit outside of a `with` statement: it is not known any more how many threads want some."""
        seen = self.map.seen
        if not seen.crowded and follows():
            seen.crowded = True
            runtime.validator().reconsider(fastpath.thread_state())
        return super().take_directly(*args, **kwargs)

    def forked(self) -> None:
        """Have no units, in a child."""
        super().forked()
        while self.map.held_count():
            self.map.release()
        if self.map.holds:
            count = self.units
            self._put_away(lambda: ProcessUnits(self.lock_class, count))
