"""An assert_... that does not hold (kernel: lockdep_assert)."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record


@record
class FailedAssertion(Defaults):
    """The function `assertion` was called at `place`, and the condition that `text` describes did not hold."""

    slug: ClassVar[str] = "assertion"
    title_counts: ClassVar[bool] = True

    assertion: str
    text: str
    place: str
    classes: tuple[LockClass, ...]
    where: Where

    @property
    def title(self) -> str:
        """The name of the assertion, which failed."""
        return f"{self.assertion} failed"

    @property
    def places(self) -> tuple[str, ...]:
        """Where the assertion was called."""
        return (self.place,)
