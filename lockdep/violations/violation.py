"""The protocol of violations: the properties that every kind has, and the defaults that most kinds share.

Each kind of violation is a dataclass in a file of its own. It has no text layout; the report is written in
lockdep/splats/kinds/. A new kind derives from Defaults and defines `slug`, `title`, `classes` and `where`. Only the
rule that makes it and the function that writes its report need to import it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Protocol, TypeVar

from lockdep.graph.classes import LockClass
from lockdep.violations.where import Where

T = TypeVar("T")


class Violation(Protocol):
    """The properties of a violation of any kind, as findings, the book of findings and reports use them."""

    @property
    def slug(self) -> str:
        """The kind in one word, as suppressions and JSON name it."""

    @property
    def title(self) -> str:
        """The kind in words, as in the first line of the report."""

    @property
    def headline(self) -> str:
        """The first line of the report: the title with the kernel's word for how bad it is."""

    @property
    def where(self) -> Where:
        """The thread that was at fault, and what it held."""

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The lock classes it is about. Violations with equal slug, title, classes and places are one finding."""

    @property
    def places(self) -> tuple[str, ...]:
        """The places that distinguish it from violations about the same classes; () for most kinds."""

    @property
    def dependencies(self) -> tuple[tuple[str, str], ...]:
        """The names (prev, next) of the dependencies of a cycle; () for kinds without one."""

    @property
    def is_cycle(self) -> bool:
        """Whether `classes` form a cycle, so that the same cycle may be given from any of its classes on."""

    @property
    def title_counts(self) -> bool:
        """Whether the title is part of the finding's id, because violations of this slug have different titles."""

    @property
    def thread_goes_on(self) -> bool:
        """Whether the thread at fault is still running, so that DeadlockError can be raised in it."""


class Defaults:
    """The values that most kinds share. A field of a violation must not have the name of one of them."""

    __slots__ = ()

    is_cycle: ClassVar[bool] = False
    title_counts: ClassVar[bool] = False
    thread_goes_on: ClassVar[bool] = True

    @property
    def headline(self: Violation) -> str:
        """The title as a warning, because most of the kernel's reports are warnings."""
        return f"WARNING: {self.title}"

    @property
    def places(self) -> tuple[str, ...]:
        """No places."""
        return ()

    @property
    def dependencies(self) -> tuple[tuple[str, str], ...]:
        """No dependencies."""
        return ()


def class_names(violation: Violation) -> tuple[str, ...]:
    """Return the names of the classes of a violation, in order, followed by its places."""
    return (*[lock_class.name for lock_class in violation.classes], *violation.places)


def rotations(classes: Sequence[T]) -> Iterator[list[T]]:
    """Yield a cycle as it is from each of its classes on."""
    for at in range(len(classes)):
        yield [*classes[at:], *classes[:at]]
