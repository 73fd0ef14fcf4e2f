"""What a report shows of the path between two classes: a witness of each dependency, and the usage bits of each class.

Read-only; the caller holds the graph lock. Cost: one look at each kind of each dependency.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency
from lockdep.graph.usage_table import UsageTable
from lockdep.violations.interrupts import ClassUsage, PathLink
from lockdep.vocabulary.kinds import RECURSIVE, SHARED, TIMED
from lockdep.vocabulary.usage import single_bits


def links_along(path: Sequence[Dependency], *, weak: bool, forwards: bool) -> tuple[PathLink, ...]:
    """Return each dependency of a path in a kind that keeps the path strong.

    `weak` and `forwards` are those with which irq_paths began the search that found the path.
    """
    ends, excluded = (RECURSIVE, SHARED) if forwards else (SHARED, RECURSIVE)
    links = []
    for dependency in path if forwards else reversed(path):
        usable = [kind for kind in dependency.witnesses if not (weak and kind & excluded)]
        kind = min(usable, key=lambda kind: (kind & ends, kind & TIMED))
        weak = bool(kind & ends)
        links.append(PathLink(dependency, kind, dependency.witnesses[kind][0]))
    return tuple(links if forwards else reversed(links))


def newest(dependency: Dependency) -> PathLink:
    """Return a dependency in the kind that was learned last, with its latest witness."""
    kind = next(reversed(dependency.witnesses))
    return PathLink(dependency, kind, dependency.witnesses[kind][-1])


def usages_of(usage: UsageTable, classes: Iterable[LockClass]) -> tuple[ClassUsage, ...]:
    """Return every usage bit of these classes, and where each was seen first."""
    return tuple(
        ClassUsage(lock_class, bit, usage.stack(lock_class, bit))
        for lock_class in dict.fromkeys(classes)
        for bit in single_bits(usage.mask(lock_class))
    )


def classes_of(links: Iterable[PathLink]) -> list[LockClass]:
    """Return the classes on a path, each once, in order."""
    return list(dict.fromkeys(one for link in links for one in (link.dependency.prev, link.dependency.next)))
