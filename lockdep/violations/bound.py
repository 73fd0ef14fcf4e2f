"""A configured bound that is reached (kernel: print_lockdep_off; here validation goes on)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where


@dataclass(frozen=True, slots=True)
class BoundReached(Defaults):
    """The option `option` sets the bound `bound`, which is reached; `lost` says what is no longer checked."""

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

    @property
    def headline(self) -> str:
        """A bug, as the kernel puts it."""
        return f"BUG: {self.title}"
