"""Which threads hold a lock that may also be released by a thread that does not hold it."""

from __future__ import annotations

from typing import Any

from lockdep import fastpath
from lockdep.fastpath import DepMap
from lockdep.graph.classes import LockClass

__all__ = ["HoldersMap"]


class HoldersMap(DepMap):
    """What the validator knows of such a lock. `holders` has the serials of the threads that hold it, once per hold."""

    __slots__ = ("holders",)

    def __init__(self, lock_class: LockClass | None = None) -> None:
        super().__init__(lock_class)
        self.holders: list[int] = []

    def took(self, ticket: Any, mode: int) -> None:
        """Note that this thread has it now."""
        self.acquired(ticket, mode)
        self.holders.append(fastpath.thread_state().serial)

    def dropped(self) -> None:
        """Note that this thread has released it: its own hold, or that of another thread of this process."""
        mine = fastpath.thread_state().serial
        if mine in self.holders:
            self.holders.remove(mine)
            self.release()
        elif self.holders:
            self.disown(self.holders.pop())
