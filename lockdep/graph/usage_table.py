"""The usage bits of every lock class, and where each bit was first seen."""

from __future__ import annotations

from lockdep.graph.classes import LockClass
from lockdep.trace import NO_STACK, StackTrace
from lockdep.vocabulary.usage import BY_INSTANCE, IN_ANY, USED


class UsageTable:
    """The bits of every class, and where each was seen first. To mark, the caller holds the graph lock.

    `any_inside` says whether any class was ever taken inside a handler of a state that is judged by classes.
    """

    def __init__(self) -> None:
        self.any_inside: bool = False
        self._masks: dict[LockClass, int] = {}
        self._stacks: dict[tuple[LockClass, int], StackTrace] = {}

    def mask(self, lock_class: LockClass) -> int:
        """Return the bits of a class; 0 for one that was never used."""
        return self._masks.get(lock_class, 0)

    def masks(self) -> list[int]:
        """Return the bits of all classes that were used."""
        return list(self._masks.values())

    def is_written(self, lock_class: LockClass) -> bool:
        """Return whether a lock of this class was ever taken otherwise than for reading."""
        return bool(self.mask(lock_class) & USED)

    def judged(self, lock_class: LockClass) -> int:
        """Return the bits of a class that are about states which are judged by classes."""
        return self.mask(lock_class) & ~BY_INSTANCE

    def stack(self, lock_class: LockClass, bit: int) -> StackTrace:
        """Return where a bit of a class was seen first."""
        return self._stacks.get((lock_class, bit), NO_STACK)

    def mark(self, lock_class: LockClass, bit: int, stack: StackTrace) -> None:
        """Set a bit of a class. Bits are never cleared."""
        self._stacks.setdefault((lock_class, bit), stack)
        self._masks[lock_class] = self.mask(lock_class) | bit
        self.any_inside = self.any_inside or bool(bit & IN_ANY & ~BY_INSTANCE)
