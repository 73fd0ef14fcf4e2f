"""What can be wrong, as data: one record for each kind of finding. No text layout; that is made in reports/.

`slug` is the kind in one word, `title` the first line of the report; `classes` are the lock classes it is about, which
make two violations of one kind the same finding or different ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lockdep.classes import LockClass
from lockdep.dependency import Dependency, Witness
from lockdep.irq_state import QUIET, IrqSummary
from lockdep.order import Compared
from lockdep.trace import StackTrace
from lockdep.usage import is_read, state_of


def state_word(bit: int) -> str:
    """Return what a bit makes a class safe or unsafe against: HARDIRQ, or HARDIRQ-READ."""
    return state_of(bit).name + ("-READ" if is_read(bit) else "")


@dataclass(slots=True, eq=False)  # not frozen: made on the slow path, where that costs twice as much
class HeldLock:
    """A lock that a thread holds, and where it took it."""

    lock_class: LockClass
    serial: int
    stack: StackTrace
    mode: int = 0


@dataclass(frozen=True, slots=True)
class Where:
    """Who did it, what that thread held and was inside of, and where."""

    thread: str
    held: tuple[HeldLock, ...]
    stack: StackTrace
    irq: IrqSummary = QUIET


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
class InvalidWaitContext:
    """A lock that may have to wait is taken where such waiting is not allowed (kernel: check_wait_context).

    `context` is the wait type of the running code, `tightest` that of it and the held locks.
    """

    slug: ClassVar[str] = "wait-context"
    title: ClassVar[str] = "Invalid wait context"

    lock_class: LockClass
    mode: int
    context: int
    tightest: int
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The lock that is taken, and the held one that forbids it."""
        forbids = [lock.lock_class for lock in self.where.held if lock.lock_class.traits.inner == self.tightest]
        return (self.lock_class, *forbids[:1])


@dataclass(frozen=True, slots=True)
class InconsistentState:
    """A class is used inside an interrupt, and where that interrupt can come (kernel: print_usage_bug)."""

    slug: ClassVar[str] = "usage"
    title: ClassVar[str] = "inconsistent lock state"

    lock_class: LockClass
    mode: int
    old: int
    new: int
    old_stack: StackTrace
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The one class."""
        return (self.lock_class,)


@dataclass(frozen=True, slots=True)
class ClassUsage:
    """A class, the usage bit that matters, and where that was seen first."""

    lock_class: LockClass
    bit: int
    stack: StackTrace


@dataclass(frozen=True, slots=True)
class Link:
    """A dependency on the way between two classes, the kind in which it counts there, and an observation of it."""

    dependency: Dependency
    kind: int
    witness: Witness


@dataclass(frozen=True, slots=True)
class IrqOrder:
    """A new dependency connects a class safe against an interrupt to one that is not (print_bad_irq_dependency).

    `behind` leads from the safe class to the held one, `ahead` from the new one to the unsafe class; `links` is the
    whole way, the new dependency in it, and `usages` has every usage bit of each class on it.
    """

    slug: ClassVar[str] = "irq-order"

    prev: HeldLock
    lock_class: LockClass
    mode: int
    safe: ClassUsage
    unsafe: ClassUsage
    behind: tuple[Dependency, ...]
    ahead: tuple[Dependency, ...]
    where: Where
    links: tuple[Link, ...] = ()
    usages: tuple[ClassUsage, ...] = ()

    @property
    def title(self) -> str:
        """Named after the safe side, as the kernel does it."""
        word = state_word(self.safe.bit)
        return f"{word}-safe -> {word}-unsafe lock order detected"

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """Safe, held, new, unsafe."""
        return (self.safe.lock_class, self.prev.lock_class, self.lock_class, self.unsafe.lock_class)


@dataclass(frozen=True, slots=True)
class IrqInversion:
    """A class changes its state, and dependencies connect it to one of the opposite state (print_irq_inversion_bug).

    `path` leads from the class to the other one when `forwards`, else from the other one to the class; `links` tells
    it with who was seen, and `usages` has every usage bit of each class on it.
    """

    slug: ClassVar[str] = "irq-inversion"
    title: ClassVar[str] = "possible irq lock inversion dependency detected"

    lock_class: LockClass
    mode: int
    bit: int
    other: ClassUsage
    forwards: bool
    path: tuple[Dependency, ...]
    where: Where
    links: tuple[Link, ...] = ()
    usages: tuple[ClassUsage, ...] = ()

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The class that changed, and the other one."""
        return (self.lock_class, self.other.lock_class)


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
class AtomicSleep:
    """Code that may sleep runs where nothing may (kernel: __might_sleep)."""

    slug: ClassVar[str] = "sleep"
    title: ClassVar[str] = "sleeping function called from invalid context"

    place: str
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The held locks under which nothing may sleep."""
        return tuple(lock.lock_class for lock in self.where.held)


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
