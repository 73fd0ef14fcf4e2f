"""Violations of the rules about interrupts and about sleeping, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency, Witness
from lockdep.trace import StackTrace
from lockdep.violations.where import HeldLock, Where
from lockdep.vocabulary.usage import is_read, state_of


def state_word(bit: int) -> str:
    """Return what a bit makes a class safe or unsafe against: HARDIRQ, or HARDIRQ-READ."""
    return state_of(bit).name + ("-READ" if is_read(bit) else "")


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
