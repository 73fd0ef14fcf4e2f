"""A baseline: the findings that are known, so that only new ones fail. It is a JSON file with one finding a line.

Known findings are told by their ids, which are the same in every run and on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

FORMAT, VERSION = "lockdep baseline", 1
KNOWN = "known: "  # how the reason of a suppression begins that is an entry of a baseline


class Known(NamedTuple):
    """A finding of a baseline: its id, kind and grade, and its title and lock classes as text."""

    id: str
    slug: str
    grade: str
    text: str


class Told(Protocol):
    """What a baseline keeps of a finding."""

    @property
    def id(self) -> str: ...

    @property
    def slug(self) -> str: ...

    @property
    def grade(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def classes(self) -> tuple[str, ...]: ...


def known_of(finding: Told) -> Known:
    """Return a finding as a baseline keeps it."""
    return Known(finding.id, finding.slug, finding.grade, f"{finding.title}: {' -> '.join(finding.classes)}")


def text_of(findings: Iterable[Told]) -> str:
    """Return the text of a baseline, which is the same whatever the order of the findings."""
    import json

    known = sorted({known_of(finding) for finding in findings}, key=lambda one: (one.slug, one.text, one.id))
    rows = ",\n".join(f"  {json.dumps(one._asdict(), ensure_ascii=False)}" for one in known)
    return f'{{"format": "{FORMAT}", "version": {VERSION}, "findings": [\n{rows}\n]}}\n'


def read(path: str) -> tuple[Known, ...]:
    """Read a baseline. Raises ValueError, with one line, if there is no such file or it is none."""
    import json

    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except OSError as error:
        raise ValueError(error.strerror) from None
    except ValueError as error:
        raise ValueError(f"not valid JSON: {error}") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError("this is not a baseline of lockdep")
    if data.get("version") != VERSION:
        raise ValueError(f"version {data.get('version')!r} is not known here, only {VERSION}")
    return tuple(map(known_row, data.get("findings", ())))


def is_baseline(path: str) -> bool:
    """Return whether a file is a baseline, and no snapshot."""
    with open(path, "rb") as file:
        return FORMAT.encode() in file.read(64)


def entries(path: str) -> tuple[str, ...]:
    """Return a suppression for each finding of a baseline; ValueError as `read` raises it."""
    return tuple(f"{known.id}  # {KNOWN}{known.text}" for known in read(path))


def known_row(row: Any) -> Known:
    """Return a row of a baseline as a finding."""
    try:
        values = [row[name] for name in Known._fields]
    except (KeyError, TypeError):
        values = []
    if not values or not all(isinstance(value, str) for value in values):
        raise ValueError(f"{row!r:.60} is no finding")
    return Known(*values)
