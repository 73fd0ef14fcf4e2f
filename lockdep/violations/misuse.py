"""A lock, an annotation or a switch that was used against its rules (kernel: DEBUG_LOCKS_WARN_ON)."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.trace import site
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record

BUG = "looking up invalid subclass"  # the kernel prints most misuses as warnings, and this one as a bug


@record
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
    def places(self) -> tuple[str, ...]:
        """Where it happened, if no class tells it from the same misuse elsewhere (kernel: one report for each site)."""
        return () if self.classes else (site(self.where.stack),)

    @property
    def headline(self) -> str:
        """The title as a bug where the kernel calls it one, otherwise as a warning."""
        return f"{'BUG' if self.broken.startswith(BUG) else 'WARNING'}: {self.broken}"
