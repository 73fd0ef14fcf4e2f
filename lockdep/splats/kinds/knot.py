"""Threads that nobody can free any more, though they are in no simple circle."""

from __future__ import annotations

from lockdep.splats.document import Brief
from lockdep.splats.kinds.deadlock import behind, picture, waiting
from lockdep.splats.page import Body, Page, outcome
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.knot import BlockedForEver


@tells(BlockedForEver)
def body(page: Page, violation: BlockedForEver) -> Body:
    """Return the report: what each thread waits for and holds, and where it is."""
    lines: Body = []
    for number, thread in enumerate(violation.threads):
        lines += [*waiting(page, number + 1, thread, ""), ""]
    return [*lines, outcome(timed=False), *behind(violation.behind)]


@sketches(BlockedForEver)
def brief(page: Page, violation: BlockedForEver) -> Brief:
    """Return what each thread holds and waits for."""
    fix = "nobody who could end these waits goes on: wait when no lock is held that the others need"
    return picture(page, violation.threads, violation.behind, fix)
