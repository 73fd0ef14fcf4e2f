"""The dependency graph as it is drawn: which classes and dependencies are shown, and which of them are in trouble.

Classes without a dependency are left out: they would be most of the picture. A dependency is marked by the strongest
finding that it is part of; suppressed findings mark nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockdep.snapshots.records import ClassRecord, DependencyRecord, FindingRecord

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn. `marks` has the finding of each dependency (prev, next) that is part of one.

    `troubled` has the level of the worst finding of each class that is part of one.
    """

    classes: tuple[ClassRecord, ...]
    dependencies: tuple[DependencyRecord, ...]
    marks: dict[tuple[str, str], FindingRecord]
    troubled: dict[str, str]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Picture:
        """Choose what is drawn of a snapshot."""
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
        """Return 'error', 'warning' or ''."""
        finding = self.marks.get((one.prev, one.next))
        return "" if finding is None else finding.level


def label(one: DependencyRecord) -> str:
    """Return what is written on a dependency: the kinds, where there is more to say than one plain acquisition."""
    words = ", ".join(kind.kind for kind in one.kinds)
    return "" if words == "EN" else words
