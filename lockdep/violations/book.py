"""The book of findings. Each problem is in it once, and a cycle refers to an earlier one that shares a dependency.

The caller holds the graph lock when it adds or strengthens a finding. findings() returns a copy.
"""

from __future__ import annotations

from lockdep.config import Options
from lockdep.evidence.excuse import Excuse
from lockdep.evidence.grading import Verdict
from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency
from lockdep.graph.usage_table import UsageTable
from lockdep.violations.circular import CircularDependency
from lockdep.violations.finding import Finding
from lockdep.violations.recursion import Recursion
from lockdep.violations.suppressions import SuppressionList
from lockdep.violations.violation import Violation, rotations
from lockdep.vocabulary.grades import EXCUSED, at_least, level


class FindingBook:
    """The findings in the order in which they were made. A violation that is met again increases a count."""

    def __init__(self, options: Options, usage: UsageTable) -> None:
        self._usage = usage
        self.suppressions: SuppressionList = SuppressionList(options.suppress)
        self.failure: Exception | None = None
        self.news: list[Finding] = []  # to be told, oldest first
        self._findings: dict[object, Finding] = {}
        self._announced: dict[object, str] = {}  # key -> the level at which a finding was news last
        self._by_dependency: dict[Dependency, list[Finding]] = {}

    def findings(self) -> tuple[Finding, ...]:
        """Return all findings, including the suppressed ones."""
        return tuple(self._findings.values())

    def note_failure(self, error: Exception) -> None:
        """Keep the first internal failure, which runtime reports once."""
        if self.failure is None:
            self.failure = error

    def with_dependency(self, dependency: Dependency) -> list[Finding]:
        """Return the findings of cycles that this dependency is part of."""
        return self._by_dependency.get(dependency, [])

    def find_recursion(self, lock_class: LockClass) -> Finding | None:
        """Return the finding that a holder of this class took the class again, or None if there is none."""
        return self._findings.get((Recursion.slug, Recursion.title, lock_class))

    def register(
        self, violation: Violation, grade: str, reason: str | Excuse, excuses: tuple[Excuse, ...] = ()
    ) -> Finding:
        """Add a violation and return its finding. It is news if it is new, or has become an error."""
        key = key_of(violation)
        known = self._findings.get(key)
        if known is None:
            known = self._findings[key] = Finding(violation, grade, reason, self._usage, excuses)
        else:
            known.count += 1
            strengthen(known, violation, grade, reason, excuses)
        self._announce(known, key)
        return known

    def register_told(self, violation: Violation, grade: str, reason: str) -> None:
        """Add a finding that was told already, by another process."""
        self._announced[key_of(violation)] = level(grade)
        self.register(violation, grade, reason)

    def register_cycle(self, violation: CircularDependency, verdict: Verdict) -> None:
        """Add a cycle, as `register` does. It is related to an earlier cycle that shares a dependency with it."""
        finding = self.register(violation, verdict.grade, verdict.reason, verdict.excuses)
        for dependency in violation.path:
            others = self._by_dependency.setdefault(dependency, [])
            told = [other for other in others if other is not finding and other.grade != EXCUSED]
            if finding.related is None and told:
                finding.related = told[0].related or told[0]
            if finding not in others:
                others.append(finding)

    def upgrade(self, finding: Finding, violation: Violation, verdict: Verdict) -> None:
        """Use new evidence for a cycle or ring: `violation` is how it looks then."""
        strengthen(finding, violation, verdict.grade, verdict.reason, verdict.excuses)
        self._announce(finding, key_of(violation))

    def _announce(self, finding: Finding, key: object) -> None:
        """Have a finding told if it is new or has become an error, once for all that happens to it until then.

        One that is excused is told when the excuse no longer holds.
        """
        if finding.grade != EXCUSED and self._announced.get(key) != finding.level:
            if finding not in self.news:
                self.news.append(finding)
            self._announced[key] = finding.level

    def suppress(self, finding: Finding) -> None:
        """Mark a finding that a suppression matches. Must not run under the graph lock: names need source files."""
        finding.suppressed = self.suppressions.find(finding) is not None


def strengthen(
    finding: Finding, violation: Violation, grade: str, reason: str | Excuse, excuses: tuple[Excuse, ...]
) -> None:
    """Use new evidence for a finding if it is better than the old."""
    if not at_least(finding.grade, grade):
        finding.violation = violation
        finding.use(grade, reason, excuses)


def key_of(violation: Violation) -> object:
    """Return the key that violations of one finding share: kind, classes, places. A cycle may begin at any class."""
    classes = list(violation.classes)
    if violation.is_cycle:
        classes = min(rotations(classes), key=lambda turned: list(map(id, turned)))
    return (violation.slug, violation.title, *classes, *violation.places)
