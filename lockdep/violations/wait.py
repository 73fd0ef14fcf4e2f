"""A thread waits, while it holds a lock, for a signal that other threads give while they hold the same lock.

Or while they hold another lock, under which others want the same one.
"""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency, Witness
from lockdep.trace import StackTrace
from lockdep.violations.violation import Defaults
from lockdep.violations.where import HeldLock, Where
from lockdep.vocabulary.record import record


@record
class WaitWhileHolding(Defaults):
    """A thread waits for a signal while it holds the lock `prev`; whoever signals holds that lock as well.

    `awaited` says what is waited for, `awaited_place` is where that was made. `signaller` is the name of a thread that
    has signalled at `signalled`, and `taken` is where it took the lock; NO_STACK if it had released that before.
    If the signaller needs another lock, the dependencies of `path` lead from that to `prev`, and `chosen` has the kind
    and the witness of each.
    """

    slug: ClassVar[str] = "wait"
    title: ClassVar[str] = "possible deadlock: waiting for a signal that needs a held lock"

    prev: HeldLock
    awaited: str
    awaited_place: str
    signaller: str
    signalled: StackTrace
    taken: StackTrace
    timed: bool
    where: Where
    path: tuple[Dependency, ...] = ()
    chosen: tuple[tuple[int, Witness], ...] = ()

    @property
    def needed(self) -> LockClass:
        """The lock that the signaller needs."""
        return self.path[0].prev if self.path else self.prev.lock_class

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The lock that the waiter holds, and those from which others come to it, beginning with the signaller's."""
        return (self.prev.lock_class, *[dependency.prev for dependency in self.path])

    @property
    def places(self) -> tuple[str, ...]:
        """What is waited for."""
        return (self.awaited_place,)

    @property
    def dependencies(self) -> tuple[tuple[str, str], ...]:
        """From the held lock to what is waited for, and back."""
        held, awaited = self.prev.lock_class.name, self.awaited_place
        there = [(dependency.prev.name, dependency.next.name) for dependency in self.path]
        return ((held, awaited), (awaited, self.needed.name), *there)
