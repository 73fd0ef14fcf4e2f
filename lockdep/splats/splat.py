"""The splat: the report of a finding in the kernel's layout, with the whole cycle and both stacks of each dependency.

The same bug gives the same report in every run. Each kind of finding has a file in kinds/ that writes its report.
"""

from __future__ import annotations

import os
import sys

from lockdep.splats import kinds, styles, tellers  # noqa: F401 - to show a finding imports nothing more
from lockdep.splats.document import Brief, Document, Header, Line
from lockdep.splats.kinds import circular
from lockdep.splats.page import Body, Page
from lockdep.violations.circular import CircularDependency
from lockdep.violations.finding import Finding
from lockdep.vocabulary.kinds import PROCESS

kinds.load()

# What the platform module says as well, but that takes 2 ms of each start to import.
SYSTEM = os.uname().sysname if hasattr(os, "uname") else sys.platform
ENVIRONMENT = f"Python {sys.version.partition(' ')[0]} {SYSTEM}"

# Kinds of locks that primitives do not have, for what a snapshot says: it does not keep how instances are judged.
OF_PROGRAMS = ("Lock", "RLock", PROCESS)


def tell(finding: Finding) -> Document:
    """Return the report of a finding. Cost: about 100 us, and reading the source files that its stacks name."""
    teller = tellers.teller_of(type(finding.violation))
    page = Page(finding)
    return document(finding, teller(page, finding.violation), tellers.sketch(page, finding.violation))


def tell_related(finding: Finding, shared: set[tuple[str, str]]) -> Document:
    """Return the short report of a cycle: the stacks of dependencies that an earlier report has shown are left out.

    `shared` has the names (prev, next) of these dependencies. Raises AssertionError if the finding is not a cycle.
    """
    assert isinstance(finding.violation, CircularDependency)
    page = Page(finding)
    body = circular.related(page, finding.violation, shared)
    return document(finding, body, circular.brief(page, finding.violation, shared))


def document(finding: Finding, body: Body, brief: Brief | None) -> Document:
    """Return a document with the header of this finding."""
    blocks = tuple(Line((block,) if block else ()) if isinstance(block, str) else block for block in body)
    return Document(header(finding), blocks, brief)


def header(finding: Finding) -> Header:
    """Return the part of the report that comes before its body."""
    classes = finding.violation.classes
    return Header(
        slug=finding.slug,
        title=finding.title,
        headline=finding.violation.headline,
        level=finding.level,
        grade=finding.grade,
        reason=finding.reason,
        id=finding.id,
        environment=ENVIRONMENT,
        excuses=finding.excuses,
        kernel=bool(classes) and not [1 for one in classes if one.by_instance or one.kind in OF_PROGRAMS],
    )
