"""The splat: a finding as text, in the kernel's layout, with the whole cycle and both stacks of each dependency.

The same bug gives the same text in every run. How a kind of finding is told stands in kinds/, one file each.
"""

from __future__ import annotations

import platform

from lockdep.splats import tellers
from lockdep.splats.kinds import circular
from lockdep.splats.page import Lines, Page
from lockdep.violations.circular import CircularDependency
from lockdep.violations.finding import Finding

tellers.load()  # now, because nothing may be imported while a finding is made


def render_splat(finding: Finding) -> str:
    """Return the report of a finding."""
    teller = tellers.teller_of(type(finding.violation))
    return page_text(finding, teller(Page(finding), finding.violation))


def render_related(finding: Finding, shared: set[tuple[str, str]]) -> str:
    """Return the short form for a cycle through dependencies already reported: the others, with their stacks."""
    assert isinstance(finding.violation, CircularDependency)
    return page_text(finding, circular.related(Page(finding), finding.violation, shared))


def page_text(finding: Finding, body: Lines) -> str:
    evidence = f"evidence: {finding.grade} ({finding.level}): {finding.reason}"
    return "\n".join([*header(finding), *body, "", evidence, ""])


def header(finding: Finding) -> Lines:
    title = finding.violation.headline
    where = f"Python {platform.python_version()} {platform.system()} [{finding.id}]"
    return ["", "=" * len(title), title, where, "-" * len(title)]
