"""A configured limit that was reached (kernel: print_lockdep_off; here validation continues)."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record


@record
class BoundReached(Defaults):
    """The limit `bound`, which the option `option` sets, was reached. `lost` says what is no longer checked."""

    slug: ClassVar[str] = "bound"

    option: str
    bound: int
    lost: str
    where: Where
    classes: tuple[LockClass, ...] = ()

    @property
    def title(self) -> str:
        """The name of the option."""
        return f"{self.option} too low!"

    @property
    def headline(self) -> str:
        """The title as a bug, as in the kernel."""
        return f"BUG: {self.title}"
