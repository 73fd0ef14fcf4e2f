"""A lock, an annotation or a switch that was used against its rules (kernel: DEBUG_LOCKS_WARN_ON)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where

BUG = "looking up invalid subclass"  # the kernel prints most misuses as warnings, and this one as a bug


@dataclass(frozen=True, slots=True)
class LockMisuse(Defaults):
    """An annotation or a lock was used against its rules: pins, subclasses, downgrades, keys, API assertions.

    `broken` says which rule was broken and is the title, `text` says what was expected.
    """

    slug: ClassVar[str] = "misuse"
    title_counts: ClassVar[bool] = True

    broken: str
    text: str
    classes: tuple[LockClass, ...]
    where: Where

    @property
    def title(self) -> str:
        """The rule that was broken."""
        return self.broken

    @property
    def headline(self) -> str:
        """The title as a bug where the kernel calls it one, otherwise as a warning."""
        return f"{'BUG' if self.broken.startswith(BUG) else 'WARNING'}: {self.broken}"
