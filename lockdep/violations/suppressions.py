"""Suppressions: findings that the owner of a program has examined and accepts.

An entry is one line, "slug: pattern # why". The slug is the kind of finding, or `*` for any kind. The pattern `A -> B`
matches a dependency of the finding, and the pattern `A` matches any of its classes. A and B are globs (fnmatch, case
sensitive) for class names. Most class names are a place and the name of a variable ("app.py:10 self._lock"); a pattern
for the place alone matches them as well.

A pattern is compared with classes and never with the text of the report, so an entry still matches after a change of
the layout. The reason after the # is kept for the list of unused entries. Counts are plain integers: the caller holds
a lock of its own around `find`.

Cost: one fnmatch for each entry and dependency of a new finding. Known lock chains cost nothing.
"""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Protocol

from lockdep.config import OptionError

_ARROW = re.compile(r"\s->\s")
_REASON = re.compile(r"(?:^|\s)#")
_SLUG = re.compile(r"\*|[a-z][a-z0-9_-]*")


class Suppressible(Protocol):
    """The part of a finding that a suppression looks at."""

    @property
    def slug(self) -> str: ...

    @property
    def classes(self) -> tuple[str, ...]: ...

    @property
    def dependencies(self) -> tuple[tuple[str, str], ...]: ...


class Suppression:
    """One entry. Use `parse` to make one."""

    __slots__ = ("next_", "prev", "reason", "slug", "text")

    def __init__(self, text: str, slug: str, prev: str, next_: str | None, reason: str) -> None:
        self.text = text  # as the user wrote it, for messages
        self.slug = slug
        self.prev = prev
        self.next_ = next_  # None: prev is matched against every class
        self.reason = reason

    @classmethod
    def parse(cls, text: str) -> "Suppression":
        """Read one entry. Raises OptionError, which says what is wrong, if it is not one."""
        parts = _REASON.split(text, maxsplit=1)
        slug, colon, pattern = parts[0].strip().partition(":")
        if not colon or not pattern.strip():
            raise _bad(text, 'expected "slug: A -> B  # why" or "slug: A  # why"')
        if not _SLUG.fullmatch(slug.strip()):
            raise _bad(text, f"{slug.strip()!r} is not the slug of a finding (like circular) or *")
        names = [name.strip() for name in _ARROW.split(f" {pattern} ")]
        if len(names) > 2 or not all(names):
            raise _bad(text, 'expected one dependency "A -> B" after the colon')
        reason = parts[1].strip() if len(parts) > 1 else ""
        return cls(text.strip(), slug.strip(), names[0], names[1] if len(names) == 2 else None, reason)

    def matches(self, finding: Suppressible) -> bool:
        """Return whether the finding is of this kind and has the dependency, or the class, that the entry names."""
        if self.slug not in ("*", finding.slug):
            return False
        if self.next_ is None:
            return any(_names(self.prev, name) for name in finding.classes)
        return any(_names(self.prev, prev) and _names(self.next_, next_) for prev, next_ in finding.dependencies)

    def __repr__(self) -> str:
        return f"Suppression.parse({self.text!r})"


class SuppressionList:
    """The entries of a program, and how many findings each matched. The caller does the locking, see the module."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._entries = tuple(Suppression.parse(text) for text in texts)
        self._counts = [0] * len(self._entries)

    def find(self, finding: Suppressible) -> Suppression | None:
        """Return the first entry that matches, or None. All entries that match are counted as used."""
        first = None
        for index, entry in enumerate(self._entries):
            if entry.matches(finding):
                self._counts[index] += 1
                first = first or entry
        return first

    def counts(self) -> tuple[tuple[Suppression, int], ...]:
        """Return each entry with the number of findings it matched."""
        return tuple(zip(self._entries, self._counts, strict=True))

    def unused(self) -> tuple[Suppression, ...]:
        """Return the entries that matched nothing."""
        return tuple(entry for entry, count in self.counts() if not count)

    def __len__(self) -> int:
        return len(self._entries)


def _names(pattern: str, name: str) -> bool:
    if name == pattern or name.startswith(pattern + " "):  # a name copied from a report: brackets in it are not a glob
        return True
    return fnmatchcase(name, pattern) or fnmatchcase(name, pattern + " *")


def _bad(text: str, why: str) -> OptionError:
    return OptionError(f"suppress {text!r}: {why}")
