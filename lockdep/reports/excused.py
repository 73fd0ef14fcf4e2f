"""The list of excused findings: one line for each, and one for each of its excuses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from lockdep.vocabulary.grades import EXCUSED


class Listed(Protocol):
    """What the list shows of a finding, or of the record of one."""

    @property
    def grade(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def id(self) -> str: ...

    @property
    def classes(self) -> tuple[str, ...]: ...

    @property
    def excuses(self) -> tuple[str, ...]: ...


def listing(findings: Iterable[Listed]) -> str:
    """Return the list as text; nothing if no finding is excused."""
    return "".join(map(entry, [finding for finding in findings if finding.grade == EXCUSED]))


def entry(finding: Listed) -> str:
    """Return the lines of one finding."""
    lines: Sequence[str] = [f"excused: {finding.title}: {' -> '.join(finding.classes)} [{finding.id}]"]
    return "".join(f"{line}\n" for line in [*lines, *(f"  {excuse}" for excuse in finding.excuses)])
