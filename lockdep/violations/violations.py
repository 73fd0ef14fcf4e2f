"""What can be wrong, as data: one record for each kind of finding. No text layout; that is made in reports/.

`slug` is the kind in one word, `title` the first line of the report; `classes` are the lock classes it is about, which
make two violations of one kind the same finding or different ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.graph.comparison import Compared
from lockdep.graph.dependency import Dependency, Witness
from lockdep.trace import StackTrace
from lockdep.violations.interrupts import AtomicSleep, InconsistentState, InvalidWaitContext, IrqInversion, IrqOrder
from lockdep.violations.where import HeldLock, Where


@dataclass(frozen=True, slots=True)
class CircularDependency:
    """The dependencies of `path` lead round in a circle. The last one is the one that closed it."""

    slug: ClassVar[str] = "circular"
    title: ClassVar[str] = "possible circular locking dependency detected"

    path: tuple[Dependency, ...]
    chosen: tuple[tuple[int, Witness], ...]
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """In the order of the circle."""
        return tuple(dependency.prev for dependency in self.path)


@dataclass(frozen=True, slots=True)
class Recursion:
    """A lock is wanted by a thread that holds it, or holds another of its class, and cannot be taken twice.

    `same` says that it is the very lock; `comparison` is what the ordering callback answered, if there is one.
    """

    slug: ClassVar[str] = "recursive"
    title: ClassVar[str] = "possible recursive locking detected"

    prev: HeldLock
    lock_class: LockClass
    mode: int
    same: bool
    comparison: Compared | None
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The class that is nested in itself."""
        return (self.prev.lock_class,)


@dataclass(frozen=True, slots=True)
class InstanceRing:
    """Instances of one class are taken in orders that lead round in a circle."""

    slug: ClassVar[str] = "circular"
    title: ClassVar[str] = "possible circular locking dependency detected"

    lock_class: LockClass
    ring: tuple[Witness, ...]
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The one class."""
        return (self.lock_class,)


@dataclass(frozen=True, slots=True)
class JoinWhileHolding:
    """A thread or work item is waited for by somebody who holds a lock that it took."""

    slug: ClassVar[str] = "join"
    title: ClassVar[str] = "possible deadlock: waiting for a thread that takes a held lock"

    prev: HeldLock
    awaited: str
    awaited_place: str
    taken: StackTrace
    timed: bool
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The lock that both want."""
        return (self.prev.lock_class,)


@dataclass(frozen=True, slots=True)
class NestNotHeld:
    """A lock is said to be serialised by another one, which is not held (kernel: print_lock_nested_lock_not_held)."""

    slug: ClassVar[str] = "nest"
    title: ClassVar[str] = "Nested lock was not taken"

    lock_class: LockClass
    nest_class: LockClass
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The lock, and the one named to serialise it."""
        return (self.lock_class, self.nest_class)


@dataclass(frozen=True, slots=True)
class BadRelease:
    """A lock is released that is not held, or not by this thread (kernel: print_unlock_imbalance_bug)."""

    slug: ClassVar[str] = "release"
    title: ClassVar[str] = "bad unlock balance detected!"

    lock_class: LockClass
    owner: str
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The one class."""
        return (self.lock_class,)


@dataclass(slots=True, eq=False)  # not frozen: made on the slow path, where that costs twice as much
class HeldLockFreed:
    """A lock is initialised again or collected while it is held (kernel: print_freed_lock_bug). `how` says which."""

    slug: ClassVar[str] = "freed"
    title: ClassVar[str] = "held lock freed!"

    lock_class: LockClass
    how: str
    owner: str
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The one class."""
        return (self.lock_class,)


@dataclass(frozen=True, slots=True)
class EndedHolding:
    """A thread ended with locks held."""

    slug: ClassVar[str] = "lifetime"
    title: ClassVar[str] = "thread ended with locks still held"

    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """What it held."""
        return tuple(lock.lock_class for lock in self.where.held)


@dataclass(frozen=True, slots=True)
class LockMisuse:
    """An annotation or a lock was used against its rules: pins, subclasses, downgrades, keys, API assertions.

    `broken` is the title, `text` says what was expected.
    """

    slug: ClassVar[str] = "misuse"

    broken: str
    text: str
    classes: tuple[LockClass, ...]
    where: Where

    @property
    def title(self) -> str:
        """What was broken."""
        return self.broken


@dataclass(frozen=True, slots=True)
class FailedAssertion:
    """An assert_... about held locks or the context does not hold (kernel: lockdep_assert and kin)."""

    slug: ClassVar[str] = "assertion"

    assertion: str
    text: str
    place: str
    classes: tuple[LockClass, ...]
    where: Where

    @property
    def title(self) -> str:
        """Which assertion."""
        return f"{self.assertion} failed"


@dataclass(frozen=True, slots=True)
class BoundReached:
    """A configured bound is reached: `lost` says what is no longer checked."""

    slug: ClassVar[str] = "bound"

    option: str
    bound: int
    lost: str
    where: Where
    classes: tuple[LockClass, ...] = ()

    @property
    def title(self) -> str:
        """Which bound."""
        return f"{self.option} too low!"


Violation = (
    CircularDependency
    | Recursion
    | InstanceRing
    | JoinWhileHolding
    | InvalidWaitContext
    | InconsistentState
    | IrqOrder
    | IrqInversion
    | NestNotHeld
    | BadRelease
    | HeldLockFreed
    | EndedHolding
    | LockMisuse
    | FailedAssertion
    | AtomicSleep
    | BoundReached
)
