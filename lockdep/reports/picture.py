"""The dependency graph as it is drawn: which classes and dependencies are shown, and which of them are in a finding.

Classes without a dependency are left out, because they would fill most of the picture. A dependency is marked by the
strongest finding that it is part of; suppressed findings mark nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockdep.snapshots.records import ClassRecord, DependencyRecord, FindingRecord

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn. `marks` maps a dependency (prev, next) to the strongest finding that contains it.

    `troubled` maps a class to the level of its worst finding.
    """

    classes: tuple[ClassRecord, ...]
    dependencies: tuple[DependencyRecord, ...]
    marks: dict[tuple[str, str], FindingRecord]
    troubled: dict[str, str]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Picture:
        """Return the part of a snapshot that is drawn."""
        ends = {name for one in snapshot.dependencies for name in (one.prev, one.next)}
        marks: dict[tuple[str, str], FindingRecord] = {}
        for finding in snapshot.findings:  # the strongest first
            for pair in () if finding.suppressed else finding.dependencies:
                marks.setdefault(pair, finding)
        troubled: dict[str, str] = {}
        for pair, finding in marks.items():
            for name in pair:
                troubled[name] = min(finding.level, troubled.get(name, finding.level))  # error comes before warning
        classes = tuple(record for record in snapshot.classes if record.name in ends)
        return cls(classes, snapshot.dependencies, marks, troubled)

    def level(self, one: DependencyRecord) -> str:
        """Return the level of a dependency's finding: 'error', 'warning', or '' if it has none."""
        finding = self.marks.get((one.prev, one.next))
        return "" if finding is None else finding.level


def label(one: DependencyRecord) -> str:
    """Return the label of a dependency: its kinds, or '' if it is a plain acquisition."""
    words = ", ".join(kind.kind for kind in one.kinds)
    return "" if words == "EN" else words
