"""What can be wrong, as data: one record for each kind of finding. No text layout; that is made in reports/."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lockdep.classes import LockClass
from lockdep.dependency import Dependency, Witness
from lockdep.trace import StackTrace


@dataclass(frozen=True, slots=True)
class HeldLock:
    """A lock that a thread holds, and where it took it."""

    lock_class: LockClass
    serial: int
    stack: StackTrace
    mode: int = 0


@dataclass(frozen=True, slots=True)
class CircularDependency:
    """The dependencies of `path` lead round in a circle. The last one is the one that closed it."""

    slug: ClassVar[str] = "circular"
    title: ClassVar[str] = "possible circular locking dependency detected"

    path: tuple[Dependency, ...]
    chosen: tuple[tuple[int, Witness], ...]
    thread: str
    held: tuple[HeldLock, ...]
    stack: StackTrace


@dataclass(frozen=True, slots=True)
class Recursion:
    """A lock is wanted by the thread that holds it and cannot be taken twice."""

    slug: ClassVar[str] = "recursive"
    title: ClassVar[str] = "possible recursive locking detected"

    prev: HeldLock
    thread: str
    held: tuple[HeldLock, ...]
    stack: StackTrace
    timed: bool


@dataclass(frozen=True, slots=True)
class InstanceRing:
    """Instances of one class are taken in orders that lead round in a circle."""

    slug: ClassVar[str] = "circular"
    title: ClassVar[str] = "possible circular locking dependency detected"

    lock_class: LockClass
    ring: tuple[Witness, ...]
    thread: str
    held: tuple[HeldLock, ...]
    stack: StackTrace


@dataclass(frozen=True, slots=True)
class JoinWhileHolding:
    """A thread or work item is waited for by somebody who holds a lock that it took."""

    slug: ClassVar[str] = "join"
    title: ClassVar[str] = "possible deadlock: waiting for a thread that takes a held lock"

    prev: HeldLock
    awaited: str
    awaited_place: str
    taken: StackTrace
    thread: str
    held: tuple[HeldLock, ...]
    stack: StackTrace
    timed: bool


@dataclass(frozen=True, slots=True)
class BadRelease:
    """A lock is released that is not held, or not by this thread."""

    slug: ClassVar[str] = "release"
    title: ClassVar[str] = "bad unlock balance detected"

    lock_class: LockClass
    owner: str
    thread: str
    held: tuple[HeldLock, ...]
    stack: StackTrace


@dataclass(frozen=True, slots=True)
class EndedHolding:
    """A thread ended with locks held."""

    slug: ClassVar[str] = "lifetime"
    title: ClassVar[str] = "thread ended with locks still held"

    thread: str
    held: tuple[HeldLock, ...]


Violation = CircularDependency | Recursion | InstanceRing | JoinWhileHolding | BadRelease | EndedHolding
