"""What a pytest run records about a finding.

It records where the run was, whether that test allows the finding, and in which tests its dependencies were first seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from lockdep import runtime
from lockdep.config import OptionError, Options
from lockdep.graph.dependency import Dependency
from lockdep.graph.graph import DependencyGraph
from lockdep.reports.colours import painted
from lockdep.snapshots.records import FindingRecord
from lockdep.splats.document import Document
from lockdep.splats.splat import tell
from lockdep.splats.styles import Look
from lockdep.violations.circular import CircularDependency
from lockdep.violations.finding import Finding
from lockdep.violations.suppressions import Suppressible, SuppressionList
from lockdep.vocabulary.grades import FAIL_ON

RUNNER = ("_pytest/", "pluggy/", "xdist/", "execnet/", "stdlib/importlib/")  # files of the test runner begin with these


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run is: in a phase of a test, or, if `nodeid` is empty, at the time that `when` describes in words."""

    nodeid: str
    when: str | None

    def __str__(self) -> str:
        if not self.nodeid:
            return str(self.when)
        return self.nodeid if self.when == "call" else f"{self.nodeid} ({self.when})"


class Policy:
    """Which findings fail a test: the options, as changed by the markers of the test."""

    def __init__(self, options: Options, fail_on: str | None = None, allow: Sequence[str] = ()) -> None:
        if fail_on is not None and fail_on not in FAIL_ON:
            raise OptionError(f"fail_on: expected one of {', '.join(FAIL_ON)}, got {fail_on!r}")
        self.strict: bool = options.strict and fail_on is None
        self.fail_on: str = fail_on or options.fail_on
        self.allow: SuppressionList = SuppressionList(allow)

    @classmethod
    def of(cls, item: pytest.Item, options: Options) -> Policy:
        """Read the markers of a test. The nearest fail_on counts, and the allow entries of all markers."""
        fail_on: str | None = None
        allow: list[str] = []
        for mark in item.iter_markers("lockdep"):
            if mark.args or not mark.kwargs.keys() <= {"fail_on", "allow"}:
                raise OptionError("expected the keywords fail_on and allow, nothing else")
            fail_on = fail_on or mark.kwargs.get("fail_on")
            entries = mark.kwargs.get("allow", ())
            allow += [entries] if isinstance(entries, str) else entries
        return cls(options, fail_on, allow)

    def fails(self, finding: Finding | FindingRecord) -> bool:
        """Return whether a finding of this grade fails a test."""
        return self.strict or finding.at_least(self.fail_on)


class FirstSeen:
    """The place of the run at which each dependency was first seen."""

    def __init__(self) -> None:
        self._places: dict[Dependency, Place] = {}

    def note(self, graph: DependencyGraph, place: Place) -> None:
        """Record the place for all dependencies that are new."""
        try:
            for dependency in graph.dependencies():
                self._places.setdefault(dependency, place)
        except RuntimeError:  # a thread of the test is still adding dependencies: the next call records them
            pass

    def table(self) -> list[tuple[str, str, str]]:
        """Return (prev, next, place) for each dependency: the test that first saw it, or the time outside of tests."""
        return [
            (dependency.prev.name, dependency.next.name, place.nodeid or str(place))
            for dependency, place in self._places.copy().items()
        ]

    def lines(self, finding: Finding, document: Document, look: Look) -> list[str]:
        """Return a line for each dependency of a cycle, and no lines for other findings."""
        violation = finding.violation
        if not isinstance(violation, CircularDependency):
            return []
        pairs = [(arrow(document, look, one.prev.name, one.next.name), one) for one in violation.path]
        return [f"{begin}first seen {self._where(one)}" for begin, one in pairs]

    def _where(self, dependency: Dependency) -> str:
        place = self._places.get(dependency)
        if place is None:
            return "at an unknown time"
        return f"in {place.nodeid}" if place.nodeid else str(place)


@dataclass(slots=True)
class PlacedFinding:
    """A finding with the place where the run was, as it was when it was made: its grade may change later.

    `explained` says that a failed test has shown it.
    """

    finding: Finding | FindingRecord
    place: Place
    level: str
    fails: bool
    allowed: bool
    text: str
    explained: bool = False

    @classmethod
    def of(
        cls, finding: Finding, place: Place, policy: Policy, seen: FirstSeen, earlier: Sequence[Finding]
    ) -> PlacedFinding:
        """Record a finding. Its text is the short form if the related finding was reported just before it."""
        allowed = policy.allow.find(finding) is not None
        document = runtime.document_of(finding) if finding.related in earlier else tell(finding)
        where = f"found {'in ' if place.nodeid else ''}{place}"
        look = look_of(runtime.look())
        text = "\n".join([text_of(document, finding, look), *seen.lines(finding, document, look), where, ""])
        return cls(finding, place, finding.level, policy.fails(finding) and not allowed, allowed, text)

    @classmethod
    def of_child(cls, finding: FindingRecord, place: Place, policy: Policy) -> PlacedFinding:
        """Record a finding of a child process, or of several processes together."""
        allowed = policy.allow.find(finding) is not None
        where = f"found {'in ' if place.nodeid else ''}{place}"
        if finding.processes:
            where += f", by {', '.join(finding.processes)}"
        text = "\n".join([text_of(finding.document, finding, look_of(runtime.look())), where, ""])
        return cls(finding, place, finding.level, policy.fails(finding) and not allowed, allowed, text)

    @property
    def unexplained(self) -> bool:
        """Whether the finding should fail the run, but no failed test has shown it."""
        return self.fails and not self.explained

    def line(self) -> str:
        """Return the finding in one line, for files."""
        return f"{self.level}: {message([self.finding])} [{self.finding.id}] ({self.finding.grade})"

    def lines(self) -> str:
        """Return the finding in a few lines, for a terminal: what, which locks, and where."""
        one, found = self.finding, f"found {'in ' if self.place.nodeid else ''}{self.place}"
        return f"{self.level}: {one.title} [{one.id}] ({one.grade})\n    {' -> '.join(one.classes)}\n    {found}"


def message(findings: Sequence[Finding | FindingRecord]) -> str:
    """Return the first finding's title and classes, and how many more there are."""
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"{findings[0].title}: {' -> '.join(findings[0].classes)}{more}"


def arrow(document: Document, look: Look, prev: str, next_: str) -> str:
    """Return how a line about a dependency begins: with the letters of its classes, if the report has some."""
    letters = {lock.lock_class.name: lock.letter for lock in document.brief.locks} if document.brief else {}
    if look.is_short(document) and prev in letters and next_ in letters:
        return f"{letters[prev]} -> {letters[next_]}  "
    return f"{prev} --> {next_}: "


def look_of(look: Look) -> Look:
    """Return how reports look in pytest, where options have other names."""
    return look._replace(dashes="--lockdep-")


def text_of(document: Document, finding: Suppressible, look: Look) -> str:
    """Return a report without the frames of pytest itself, which are most of every stack in a test."""
    shown = document.kept(lambda frame: not frame.file.startswith(RUNNER))
    return painted(look.lines(shown, finding), colour=False).strip("\n")
