"""The splat: a finding as text, in the kernel's layout, with the whole cycle and both stacks of each dependency.

The same bug gives the same text in every run. How a kind of finding is told stands in kinds/, one file each.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

from lockdep import violations
from lockdep.finding import Finding
from lockdep.reports.kinds import circular, join, lifetime, recursion, release, ring
from lockdep.reports.page import Lines, Page

_BODIES: dict[type, Callable[[Page, Any], Lines]] = {
    violations.CircularDependency: circular.body,
    violations.Recursion: recursion.body,
    violations.InstanceRing: ring.body,
    violations.JoinWhileHolding: join.body,
    violations.BadRelease: release.body,
    violations.EndedHolding: lifetime.body,
}
_HEADLINES = {"wait-context": "[ BUG: {} ]", "sleep": "BUG: {}", "bound": "BUG: {}"}


def render_splat(finding: Finding) -> str:
    """Return the report of a finding."""
    return page_text(finding, _BODIES[type(finding.violation)](Page(finding), finding.violation))


def render_related(finding: Finding, shared: set[tuple[str, str]]) -> str:
    """Return the short form for a cycle through dependencies already reported: the others, with their stacks."""
    assert isinstance(finding.violation, violations.CircularDependency)
    return page_text(finding, circular.related(Page(finding), finding.violation, shared))


def page_text(finding: Finding, body: Lines) -> str:
    evidence = f"evidence: {finding.grade} ({finding.level}): {finding.reason}"
    return "\n".join([*header(finding), *body, "", evidence, ""])


def header(finding: Finding) -> Lines:
    title = _HEADLINES.get(finding.slug, "WARNING: {}").format(finding.title)
    where = f"Python {platform.python_version()} {platform.system()} [{finding.id}]"
    return ["", "=" * len(title), title, where, "-" * len(title)]
