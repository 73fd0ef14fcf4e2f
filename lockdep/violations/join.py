"""A thread waits, while it holds a lock, for another thread or work item that takes the same lock."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.trace import StackTrace
from lockdep.violations.violation import Defaults, class_names
from lockdep.violations.where import HeldLock, Where
from lockdep.vocabulary.record import record


@record
class JoinWhileHolding(Defaults):
    """A thread waits for another thread or work item while it holds the lock `prev`, which the other one takes as well.

    `awaited` names what is waited for, `awaited_place` is where its code begins, `taken` is where it took the lock.
    `taker` is who took it, if that is not what is waited for. `timed`: the wait has a timeout; `gives_up`: the other
    one has, when it takes the lock. `awaited_is` is "thread" or "process".
    """

    slug: ClassVar[str] = "join"

    prev: HeldLock
    awaited: str
    awaited_place: str
    taken: StackTrace
    timed: bool
    where: Where
    gives_up: bool = False
    taker: str = ""
    awaited_is: str = "thread"

    @property
    def title(self) -> str:
        """What was found, about a thread or a process."""
        return f"possible deadlock: waiting for a {self.awaited_is} that takes a held lock"

    @property
    def ends(self) -> bool:
        """Whether one of the two gives up."""
        return self.timed or self.gives_up

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The lock that both want."""
        return (self.prev.lock_class,)

    @property
    def places(self) -> tuple[str, ...]:
        """The place where the awaited code begins."""
        return (self.awaited_place,)

    @property
    def dependencies(self) -> tuple[tuple[str, str], ...]:
        """From the held lock to what is waited for, and back."""
        held, awaited = class_names(self)
        return ((held, awaited), (awaited, held))
