"""A cycle of dependencies (kernel: check_noncircular, print_circular_bug)."""

from __future__ import annotations

from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency, Witness
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record


@record
class CircularDependency(Defaults):
    """The dependencies of `path` form a cycle; the last one closed it.

    `chosen` has, for each dependency, the kind and the witness that the report shows.
    """

    slug: ClassVar[str] = "circular"
    title: ClassVar[str] = "possible circular locking dependency detected"
    is_cycle: ClassVar[bool] = True

    path: tuple[Dependency, ...]
    chosen: tuple[tuple[int, Witness], ...]
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The classes in the order of the cycle."""
        return tuple(dependency.prev for dependency in self.path)

    @property
    def dependencies(self) -> tuple[tuple[str, str], ...]:
        """The names (prev, next) of the dependencies in the order of the cycle."""
        return tuple((dependency.prev.name, dependency.next.name) for dependency in self.path)
