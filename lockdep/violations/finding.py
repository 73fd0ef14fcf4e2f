"""A finding: a violation, how strong the evidence is and why, and an id that is the same in every run.

str(finding) is the text of the report, which the function `tell` makes. runtime sets `tell`, because reports are made
in a layer above this one. While it is None, str(finding) is the title and the classes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Protocol

from lockdep.evidence.excuse import Excuse
from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency
from lockdep.graph.usage_table import UsageTable
from lockdep.notebooks import html_of
from lockdep.violations.violation import Violation, class_names, rotations
from lockdep.vocabulary import grades
from lockdep.vocabulary.usage import characters, used_states


class Report(Protocol):
    """A report as data (a `lockdep.splats.document.Document`); str() of it is the text."""

    def to_dict(self) -> dict[str, Any]: ...


tell: Callable[[Finding], Report] | None = None


class DeadlockError(RuntimeError):
    """Raised in place of a wait that could last for ever, if the options ask for it. `finding` is the finding."""

    __module__ = "lockdep"

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.title}: {' -> '.join(finding.classes)}")
        self.finding = finding


class LockInversion(AssertionError):
    """The error of a test that fails because a finding was made while the test ran."""

    __module__ = "lockdep"


class Finding:
    """One problem. It is reported once, and `count` is the number of times it was met."""

    def __init__(
        self,
        violation: Violation,
        grade: str,
        reason: str | Excuse,
        usage: UsageTable | None = None,
        excuses: tuple[Excuse, ...] = (),
    ) -> None:
        self.violation = violation
        self.use(grade, reason, excuses)
        self.count = 1
        self.related: Finding | None = None
        self.suppressed = False
        self.usage: dict[LockClass, int] = {}
        if usage is not None:
            self.usage = {one: usage.mask(one) for one in mentioned(violation)}

    def use(self, grade: str, reason: str | Excuse, excuses: tuple[Excuse, ...]) -> None:
        """Take this grade from now on."""
        self.grade = grade
        self._reason = reason
        self._excuses = excuses

    @property
    def reason(self) -> str:
        """Why it has this grade, in one sentence."""
        return str(self._reason)

    @property
    def excuses(self) -> tuple[str, ...]:
        """What excuses its observations, if all of them are; each begins with the rule: `gate: ...`."""
        return tuple(map(str, self._excuses))

    @property
    def slug(self) -> str:
        """The kind of finding in one word, as suppressions name it."""
        return self.violation.slug

    @property
    def title(self) -> str:
        """The kind of finding in words, as in the first line of the report."""
        return self.violation.title

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the lock classes that it is about. Those of a cycle are in the order of the cycle."""
        return class_names(self.violation)

    @property
    def dependencies(self) -> tuple[tuple[str, str], ...]:
        """The names (prev, next) of the dependencies of a cycle, in order; () for other kinds."""
        return self.violation.dependencies

    @property
    def level(self) -> str:
        """'error' or 'warning'."""
        return grades.level(self.grade)

    @property
    def id(self) -> str:
        """A short hash of slug and classes, which is equal in every run and on every machine."""
        import hashlib  # here, since it loads OpenSSL, and most programs have no findings

        turned = min(rotations(self.classes), default=[])
        kind = (self.slug, self.title) if self.violation.title_counts else (self.slug,)
        text = "\n".join((*kind, *turned))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]

    @property
    def raises(self) -> bool:
        """Whether raise_on_deadlock raises DeadlockError for it. It does not if the thread at fault has ended."""
        return self.level == grades.ERROR and not self.suppressed and self.violation.thread_goes_on

    def class_text(self, lock_class: LockClass) -> str:
        """Return a class as the kernel prints it, with usage and wait types: `name{+.+.}-{4:4}`."""
        used = characters(self.usage.get(lock_class, 0), used_states(self.usage.values()))
        return f"{lock_class.name}{{{used}}}-{{{lock_class.waits}}}"

    def at_least(self, grade: str) -> bool:
        """Return whether the evidence is as strong as this grade, or stronger."""
        return grades.at_least(self.grade, grade)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data for JSON. `text` is the report as text, `document` is the report as data."""
        report = None if tell is None else tell(self)
        return {
            "slug": self.slug,
            "title": self.title,
            "level": self.level,
            "grade": self.grade,
            "reason": self.reason,
            "excuses": list(self.excuses),
            "id": self.id,
            "classes": list(self.classes),
            "dependencies": [list(pair) for pair in self.dependencies],
            "count": self.count,
            "suppressed": self.suppressed,
            "text": self._short() if report is None else str(report),
            "document": None if report is None else report.to_dict(),
        }

    def __str__(self) -> str:
        return self._short() if tell is None else str(tell(self))

    def _short(self) -> str:
        return f"{self.title}: {' -> '.join(self.classes)}"

    def _repr_html_(self) -> str:
        return html_of(self)

    def __repr__(self) -> str:
        return f"<Finding {self.slug} {self.id} {self.level}>"


def mentioned(part: object) -> set[LockClass]:
    """Return every class that occurs in a violation, or in a part of one."""
    if isinstance(part, LockClass):
        return {part}
    if isinstance(part, tuple):
        return set().union(*map(mentioned, part))
    if isinstance(part, Dependency):
        return {part.prev, part.next}
    if dataclasses.is_dataclass(part):
        return set().union(*(mentioned(getattr(part, field.name)) for field in dataclasses.fields(part)))
    return set()
