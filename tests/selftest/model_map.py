"""The slow model's data about a lock and an acquisition: the part that the drivers use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.selftest.model_words import (
    NOCHECK,
    READ,
    RECURSIVE_READ,
    SLEEPING,
    SYNC,
    TRY,
    WAIT_TYPES,
    LockClass,
)

if TYPE_CHECKING:
    from tests.selftest.model import Model


class Stuck(Exception):
    """The thread would wait for itself for ever. The operation has no effect."""


@dataclass(eq=False)
class ModelMap:
    """The model's data about one lock, annotated by its driver."""

    model: Model
    kind: str
    name: str
    subclass: int = 0

    def lock_class(self, subclass: int = 0) -> LockClass:
        return LockClass(self.name, self.kind, subclass or self.subclass)

    def take(self, mode: int = 0, nest: ModelMap | None = None, subclass: int = 0, had: bool = True) -> None:
        self.model.take(self, mode, nest, self.lock_class(subclass))
        if not had:
            self.release()

    def release(self) -> bool:
        return self.model.release(self)

    def sync(self) -> None:
        self.take(SYNC)

    def init(self) -> None:
        self.model.forget(self)

    def free(self) -> None:
        self.model.forget(self)

    def signal(self) -> None:
        self.model.signal(self.lock_class())

    def might_lock(self) -> None:
        self.take()
        self.release()

    def set_class(self, name: str) -> None:
        self.name = name
        self.model.change(self, lock_class=self.lock_class())

    def set_subclass(self, subclass: int) -> None:
        self.subclass = subclass
        if self.is_held():
            self.model.change(self, lock_class=self.lock_class())

    def downgrade(self) -> None:
        self.model.change(self, read=READ)

    def pin(self) -> None:
        self.model.pin(self, 1)

    def unpin(self) -> None:
        self.model.pin(self, -1)

    def assert_held(self) -> None:
        self.model.affirm(self.is_held(), "lockdep_is_held(l)")

    def assert_not_held(self) -> None:
        self.model.affirm(not self.is_held(), "!lockdep_is_held(l)")

    def class_name(self) -> str:
        return self.name

    def is_held(self, read: int = -1) -> int:
        entry = next((entry for entry in self.model.held if entry.lock is self), None)
        return int(entry is not None and (read < 0 or bool(entry.read) == bool(read)))


@dataclass(eq=False)
class Held:
    """An acquisition that is not released yet."""

    lock: ModelMap
    lock_class: LockClass
    mode: int
    nest: ModelMap | None
    irqs_off: bool
    context: tuple[bool, bool] = (False, False)
    pins: int = 0

    def __post_init__(self) -> None:
        self.read = self.mode & (READ | RECURSIVE_READ)
        self.tried = bool(self.mode & TRY)
        self.checked = not self.mode & NOCHECK
        self.outer, self.inner = WAIT_TYPES.get(self.lock_class.kind, SLEEPING)
