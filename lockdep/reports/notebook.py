"""Findings, snapshots and waits as HTML for a notebook. Nothing of a program can become markup."""

from __future__ import annotations

from functools import singledispatch

from lockdep.reports.html_parts import element, table, text
from lockdep.snapshots.records import FindingRecord
from lockdep.snapshots.snapshot import Snapshot
from lockdep.splats.splat import tell
from lockdep.splats.styles import PLAIN
from lockdep.violations.finding import Finding
from lockdep.waits.waiting import Waiting

STYLE = {"headline": "font-weight: bold; color: #b00020", "verdict": "font-weight: bold; color: #b00020"}
MOST_ROWS = 50  # of a table


@singledispatch
def html_of(value: object) -> str:
    """Return an object as HTML. TypeError for one that notebooks are not to show."""
    raise TypeError(f"a {type(value).__name__} is not shown in notebooks")


@html_of.register
def finding(value: Finding) -> str:
    """Return the report as it is shown on a terminal, and below it the kernel's, to be unfolded."""
    document = tell(value)
    lines = "\n".join(line_of(role, line) for role, line in PLAIN.lines(document, value))
    full = element("details", element("summary", "report in full"), element("pre", text(str(document).strip("\n"))))
    return element("pre", lines) + full


def line_of(role: str, line: str) -> str:
    style = STYLE.get(role)
    return element("span", text(line), style=style) if style else text(line)


@html_of.register
def snapshot(value: Snapshot) -> str:
    """Return a line about what is in it, and its findings as a table."""
    shown = [one for one in value.findings if one.shown]
    counts = f"{len(value.classes)} lock classes, {len(value.dependencies)} dependencies, "
    counts += f"{len(shown)} finding{'s' * (len(shown) != 1)}"
    runs = ", ".join(run.name for run in value.runs)
    return element("p", element("b", text(f"Snapshot of {runs}: ")), text(counts)) + (findings(shown) if shown else "")


def findings(shown: list[FindingRecord]) -> str:
    """Return a table of findings."""
    head = ("id", "finding", "grade", "lock classes")
    rows = [
        (element("code", text(one.id)), text(one.title), text(one.grade), text(" -> ".join(one.classes)))
        for one in shown[:MOST_ROWS]
    ]
    more = len(shown) - MOST_ROWS
    return table(head, rows) + (element("p", f"... and {more} more") if more > 0 else "")


@html_of.register
def waiting(value: Waiting) -> str:
    """Return the picture, which begins with the deadlocks."""
    return element("pre", text(value))
