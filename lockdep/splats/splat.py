"""The splat: a finding as text, in the kernel's layout, with the whole cycle and both stacks of each dependency.

The same bug gives the same text in every run. How a kind of finding is told stands in kinds/, one file each.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

from lockdep.splats.kinds import (
    assertion,
    bound,
    circular,
    freed,
    irq_inversion,
    irq_order,
    join,
    lifetime,
    misuse,
    nest,
    recursion,
    release,
    ring,
    sleep,
    usage,
    wait_context,
)
from lockdep.splats.page import Lines, Page
from lockdep.violations import interrupts, violations
from lockdep.violations.finding import Finding

BODIES: dict[type, Callable[[Page, Any], Lines]] = {
    violations.CircularDependency: circular.body,
    violations.Recursion: recursion.body,
    violations.InstanceRing: ring.body,
    violations.JoinWhileHolding: join.body,
    interrupts.InvalidWaitContext: wait_context.body,
    interrupts.InconsistentState: usage.body,
    interrupts.IrqOrder: irq_order.body,
    interrupts.IrqInversion: irq_inversion.body,
    violations.NestNotHeld: nest.body,
    violations.BadRelease: release.body,
    violations.HeldLockFreed: freed.body,
    violations.EndedHolding: lifetime.body,
    violations.LockMisuse: misuse.body,
    violations.FailedAssertion: assertion.body,
    interrupts.AtomicSleep: sleep.body,
    violations.BoundReached: bound.body,
}


def render_splat(finding: Finding) -> str:
    """Return the report of a finding."""
    return page_text(finding, BODIES[type(finding.violation)](Page(finding), finding.violation))


def render_related(finding: Finding, shared: set[tuple[str, str]]) -> str:
    """Return the short form for a cycle through dependencies already reported: the others, with their stacks."""
    assert isinstance(finding.violation, violations.CircularDependency)
    return page_text(finding, circular.related(Page(finding), finding.violation, shared))


def page_text(finding: Finding, body: Lines) -> str:
    evidence = f"evidence: {finding.grade} ({finding.level}): {finding.reason}"
    return "\n".join([*header(finding), *body, "", evidence, ""])


def header(finding: Finding) -> Lines:
    title = headline(finding)
    where = f"Python {platform.python_version()} {platform.system()} [{finding.id}]"
    return ["", "=" * len(title), title, where, "-" * len(title)]


def headline(finding: Finding) -> str:
    """Return the title as the kernel puts it: most are warnings."""
    match finding.violation:
        case interrupts.InvalidWaitContext():
            return f"[ BUG: {finding.title} ]"
        case interrupts.AtomicSleep(place=place):
            return f"BUG: {finding.title} at {place.partition(' in ')[0]}"
        case violations.BoundReached():
            return f"BUG: {finding.title}"
        case violations.LockMisuse() if finding.title.startswith("looking up invalid subclass"):
            return f"BUG: {finding.title}"
        case _:
            return f"WARNING: {finding.title}"
