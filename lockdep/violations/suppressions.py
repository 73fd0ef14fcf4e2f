"""Suppressions: findings that the owner of a program has examined and accepts.

An entry is one line, "slug: pattern # why". The slug is the kind of finding, or `*` for any kind. The pattern `A -> B`
matches a dependency of the finding, `A -> B -> C` dependencies that follow each other, and the pattern `A` any of its
classes. A, B and C are globs (fnmatch, case sensitive) for class names. Most class names are a place and the name of a
variable ("app.py:10 self._lock"); a pattern for the place alone matches them as well, and so does one without the
number of the line ("app.py self._lock", "app.py"). An entry may also be the id of a finding, "bf9b27b77a45 # why".

A pattern is compared with classes and never with the text of the report, so an entry still matches after a change of
the layout. The reason after the # is kept for the list of unused entries. Counts are plain integers: the caller holds
a lock of its own around `find`.

Cost: one fnmatch for each entry and dependency of a new finding. Known lock chains cost nothing.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Protocol

from lockdep.config import OptionError

_ARROW = re.compile(r"\s->\s")
_REASON = re.compile(r"(?:^|\s)#")
_SLUG = re.compile(r"\*|[a-z][a-z0-9_-]*")
_LINE = re.compile(r":\d+(?= |$)")
_ID = re.compile(r"[0-9a-f]{12}")


class Suppressible(Protocol):
    """The part of a finding that a suppression looks at."""

    @property
    def slug(self) -> str: ...

    @property
    def id(self) -> str: ...

    @property
    def classes(self) -> tuple[str, ...]: ...

    @property
    def dependencies(self) -> tuple[tuple[str, str], ...]: ...


class Suppression:
    """One entry. Use `parse` to make one."""

    __slots__ = ("names", "reason", "slug", "text")

    def __init__(self, text: str, slug: str, names: tuple[str, ...], reason: str) -> None:
        self.text: str = text  # as the user wrote it, for messages
        self.slug: str = slug
        self.names: tuple[str, ...] = names  # one is matched against every class; none: `slug` is the id of the finding
        self.reason: str = reason

    @classmethod
    def parse(cls, text: str) -> "Suppression":
        """Read one entry. Raises OptionError, which says what is wrong, if it is not one."""
        parts = _REASON.split(text, maxsplit=1)
        reason = parts[1].strip() if len(parts) > 1 else ""
        slug, colon, pattern = parts[0].strip().partition(":")
        if _ID.fullmatch(slug) and not colon:
            return cls(text.strip(), slug, (), reason)
        if not colon or not pattern.strip():
            raise _bad(text, 'expected "slug: A -> B  # why", "slug: A  # why", or the id of a finding')
        if not _SLUG.fullmatch(slug.strip()):
            raise _bad(text, f"{slug.strip()!r} is not the slug of a finding (like circular) or *")
        names = tuple(name.strip() for name in _ARROW.split(f" {pattern} "))
        if not all(names) or any(name.startswith("-> ") for name in names):
            raise _bad(text, 'expected names around each "->" after the colon')
        return cls(text.strip(), slug.strip(), names, reason)

    def matches(self, finding: Suppressible) -> bool:
        """Return whether the finding is of this kind and has the dependencies, or the class, that the entry names."""
        if not self.names:
            return self.slug == finding.id
        if self.slug not in ("*", finding.slug):
            return False
        if len(self.names) == 1:
            return any(_names(self.names[0], name) for name in finding.classes)
        return any(_names_path(self.names, path) for path in _paths(finding.dependencies, len(self.names) - 1))

    def __repr__(self) -> str:
        return f"Suppression.parse({self.text!r})"


def entry_of(finding: Suppressible) -> str:
    """Return the entry that matches a finding, also when the lines of the files have moved."""
    for prev, next_ in finding.dependencies[:1]:
        if prev != next_:
            return f"{finding.slug}: {_movable(prev)} -> {_movable(next_)}"
    return f"{finding.slug}: {_movable(finding.classes[0]) if finding.classes else '*'}"


def toml_text(text: str) -> str:
    """Return a string of TOML."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


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


def _paths(dependencies: Sequence[tuple[str, str]], length: int) -> Iterator[Sequence[tuple[str, str]]]:
    """Yield all so many dependencies that follow each other, also beyond the end of a cycle."""
    if length <= len(dependencies):
        around = (*dependencies, *dependencies)
        yield from (around[at : at + length] for at in range(len(dependencies)))


def _names_path(patterns: Sequence[str], path: Sequence[tuple[str, str]]) -> bool:
    """Return whether the patterns name the classes of dependencies that follow each other."""
    pairs = zip(patterns, patterns[1:], path, strict=False)
    return all(_names(first, prev) and _names(then, next_) for first, then, (prev, next_) in pairs)


def _names(pattern: str, name: str) -> bool:
    """Return whether a pattern names a class, with the numbers of its lines or without them."""
    return _is_like(pattern, name) or _is_like(pattern, _LINE.sub("", name))


def _movable(name: str) -> str:
    """Return a pattern for a class without its line number; the name itself if it has other marks of patterns."""
    return name if set(name) & set("[]*?") else _LINE.sub(":*", name)


def _is_like(pattern: str, name: str) -> bool:
    if name == pattern or name.startswith(pattern + " "):  # a name copied from a report: brackets in it are not a glob
        return True
    return fnmatchcase(name, pattern) or fnmatchcase(name, pattern + " *")


def _bad(text: str, why: str) -> OptionError:
    return OptionError(f"suppress {text!r}: {why}")
