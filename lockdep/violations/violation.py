"""What every kind of violation answers about itself: the protocol, and the answers that most kinds share.

A violation is a record: one class in one file of this package, a dataclass without any text layout. The report is
written in lockdep/splats/kinds/. A new kind derives from Defaults and gives `slug`, `title`, `classes` and `where`;
nothing else has to be told that it exists, except its renderer and the rule that makes it.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

from lockdep.graph.classes import LockClass
from lockdep.violations.where import Where


class Violation(Protocol):
    """What findings, the book of findings and reports read of a violation of any kind."""

    @property
    def slug(self) -> str:
        """The kind in one word, as suppressions and JSON name it."""

    @property
    def title(self) -> str:
        """The kind in words, as the first line of the report has it."""

    @property
    def headline(self) -> str:
        """The first line of the report: the title with the kernel's word for how bad it is."""

    @property
    def where(self) -> Where:
        """The thread that was at fault, and what it held."""

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The lock classes it is about. With slug, title and places they say which violations are one finding."""

    @property
    def places(self) -> tuple[str, ...]:
        """The places that tell it from violations about the same classes; most kinds need none."""

    @property
    def dependencies(self) -> tuple[tuple[str, str], ...]:
        """The names (prev, next) of the dependencies that close a circle; () for kinds that are no circle."""

    @property
    def is_cycle(self) -> bool:
        """Whether `classes` lead round in a circle, so that the same circle may be entered at any of them."""

    @property
    def title_counts(self) -> bool:
        """Whether the title is part of the finding's id: it is where one slug has many titles."""

    @property
    def thread_goes_on(self) -> bool:
        """Whether the thread at fault still runs, so that DeadlockError can be raised in it."""


class Defaults:
    """The answers that most kinds share. A dataclass field must not have the name of one of these."""

    __slots__ = ()

    is_cycle: ClassVar[bool] = False
    title_counts: ClassVar[bool] = False
    thread_goes_on: ClassVar[bool] = True

    @property
    def headline(self: Violation) -> str:
        """A warning, as most of the kernel's reports are."""
        return f"WARNING: {self.title}"

    @property
    def places(self) -> tuple[str, ...]:
        """None."""
        return ()

    @property
    def dependencies(self) -> tuple[tuple[str, str], ...]:
        """None."""
        return ()


def class_names(violation: Violation) -> tuple[str, ...]:
    """Return the names of what a violation is about, in the order of the circle; places stand last."""
    return (*[lock_class.name for lock_class in violation.classes], *violation.places)
