"""What the operations of the self-test do for each kind of lock. A kind is a small class, whose methods are operations.

A driver imitates a lock of its kind and annotates a map accordingly: a map of lockdep, or one of the slow model. Only
one thread runs, so an operation that would block is an error in the case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tests.selftest.model_words import READ, RECURSIVE_READ, TIMED, TRY

if TYPE_CHECKING:
    from tests.selftest.scene import Scene


class CaseError(Exception):
    """The case cannot be run as it is written."""


class Taking(NamedTuple):
    """How a lock is to be taken; `free` says whether it can be taken now."""

    mode: int
    nest: Driver | None
    subclass: int
    free: bool

    @property
    def read(self) -> bool:
        return bool(self.mode & (READ | RECURSIVE_READ))


class Driver:
    """A lock of some kind. `writers` and `readers` count its holders, independently of the map."""

    def __init__(self, scene: Scene, kind: str, class_name: str) -> None:
        self.scene = scene
        self.kind = kind
        self.class_name = class_name
        self.map = self.make_map()
        self.writers = self.readers = 0
        self.name = ""

    def make_map(self) -> Any:
        return self.scene.world.make_map(self.kind, self.class_name)

    def init(self) -> None:
        self.writers = self.readers = 0
        self.map.init()

    def free(self) -> None:
        """Drop the last reference to the lock. The caller keeps none after this call."""
        self.scene.forget(self)
        self.map.free()

    def set_class(self, name: str) -> None:
        self.map.set_class(name)

    def set_subclass(self, subclass: int) -> None:
        self.map.set_subclass(subclass)

    def downgrade(self) -> None:
        self.writers, self.readers = 0, 1
        self.map.downgrade()

    def might_lock(self) -> None:
        self.map.might_lock()

    def sync(self) -> None:
        self.map.sync()

    def pin(self) -> None:
        self.map.pin()

    def unpin(self) -> None:
        self.map.unpin()

    def assert_held(self) -> None:
        self.map.assert_held()

    def assert_not_held(self) -> None:
        self.map.assert_not_held()

    def remember_name(self) -> None:
        self.name = self.map.class_name()

    def assert_same_name(self) -> None:
        if self.map.class_name() != self.name:
            raise CaseError(f"the class is called {self.map.class_name()}, it was {self.name}")

    def lockdep_release_only(self) -> None:
        self.map.release()

    def lockdep_acquire_trylock_only(self) -> None:
        self.map.take(TRY)

    def take(self, mode: int = 0, nest: Driver | None = None, subclass: int = 0) -> bool:
        """Take the lock in some mode; return False if it is not free."""
        free = not self.writers and (bool(mode & (READ | RECURSIVE_READ)) or not self.readers)
        if not free and not mode & (TRY | TIMED) and not self.map.is_held():
            raise CaseError("this would block for ever")
        taking = Taking(mode, nest, subclass, free)
        self.acquire(taking)
        self.readers += free and taking.read
        self.writers += free and not taking.read
        return free

    def give(self, mode: int = 0) -> bool:
        """Release the lock; return False if the lock refuses that."""
        if not self.release(mode):
            return False
        if self.writers:
            self.writers -= 1
        elif self.readers:
            self.readers -= 1
        return True

    def acquire(self, taking: Taking) -> None:
        """Annotate the map as the lock would: a try that fails is not annotated."""
        if taking.free or not taking.mode & TRY:
            self.map.take(taking.mode, taking.nest and taking.nest.map, taking.subclass, taking.free)

    def release(self, mode: int) -> bool:  # noqa: ARG002 - for locks that have another operation for readers
        """Annotate the map as the lock would when it is released; return False if the lock refuses that."""
        self.map.release()
        return True


class Exclusive(Driver):
    """Spin locks, mutexes, per-CPU locks, and maps that are taken like locks."""

    def lock(self) -> None:
        self.take()

    def unlock(self) -> None:
        self.give()

    def trylock(self) -> bool:
        return self.take(TRY)

    def lock_timeout(self) -> bool:
        return self.take(TIMED)

    def lock_nest(self, nest: Driver) -> None:
        self.take(nest=nest)

    def lock_nested(self, subclass: int) -> None:
        self.take(subclass=subclass)

    local_lock, local_unlock = lock, unlock


class ReadWrite(Exclusive):
    """A lock with readers. The readers of an rwsem wait for waiting writers."""

    def read_mode(self) -> int:
        return READ

    def read_lock(self) -> None:
        self.take(self.read_mode())

    def read_trylock(self) -> bool:
        return self.take(self.read_mode() | TRY)

    def read_lock_nested(self, subclass: int) -> None:
        self.take(self.read_mode(), subclass=subclass)

    def read_unlock(self) -> None:
        self.give(READ)

    write_lock, write_unlock, write_trylock = Exclusive.lock, Exclusive.unlock, Exclusive.trylock
    write_lock_nested = Exclusive.lock_nested


class RWLock(ReadWrite):
    """A spinning lock with readers. The readers of a queued one wait for waiting writers, except in interrupts."""

    def read_mode(self) -> int:
        return RECURSIVE_READ if self.scene.reads_recurse() else READ


class Annotation(ReadWrite):
    """A map for something that is not a lock; its readers are recursive."""

    def read_mode(self) -> int:
        return RECURSIVE_READ


class Semaphore(Driver):
    """A binary semaphore. An up() by code that has not taken it is a signal."""

    def down(self) -> None:
        self.take()

    def down_trylock(self) -> bool:
        return self.take(TRY)

    def up(self) -> None:
        if self.map.is_held():
            self.give()
        else:
            self.map.signal()

    lock, unlock, trylock = down, up, down_trylock


class Completion(Driver):
    """An event: a wait for it depends on the locks held where it is signalled. Each signal ends one wait."""

    def make_map(self) -> Any:
        self.done = 0
        return super().make_map()

    def wait(self) -> None:
        if not self.done:
            raise CaseError("this would wait for ever")
        self.done -= 1
        self.map.sync()

    def complete(self) -> None:
        self.done += 1
        self.map.signal()
