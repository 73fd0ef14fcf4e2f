"""A report in Markdown: the runs, the findings, the graph if it is small, and the most contended locks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lockdep.reports.colours import painted
from lockdep.reports.formats import mermaid
from lockdep.snapshots.lock_statistics import ClassStatistics, Durations
from lockdep.snapshots.records import FindingRecord
from lockdep.splats.styles import PLAIN, Look

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot

LARGEST_GRAPH = 60  # dependencies; a larger picture would not help
MOST_STATS = 20


def render(snapshot: Snapshot, *, look: Look = PLAIN) -> str:
    """Return the document."""
    shown = [finding for finding in snapshot.findings if finding.shown]
    counts = f"{len(snapshot.classes)} lock classes, {len(snapshot.dependencies)} dependencies, "
    counts += f"{len(snapshot.chains)} chains, {counted(shown)}"
    hidden = sum(finding.suppressed for finding in snapshot.findings)
    excused = len(snapshot.findings) - len(shown) - hidden
    counts += f", {hidden} suppressed" if hidden else ""
    counts += f", {excused} excused" if excused else ""
    parts = ["# lockdep", counts + ".", *run_table(snapshot), *finding_parts(shown, look)]
    if 0 < len(snapshot.dependencies) <= LARGEST_GRAPH:
        parts += ["## Dependencies", fenced(mermaid.render(snapshot), "mermaid")]
    if snapshot.stats:
        parts += ["## Most contended locks", stat_table(snapshot.stats)]
    return "\n\n".join(parts) + "\n"


def counted(findings: Sequence[FindingRecord]) -> str:
    errors = sum(finding.level == "error" for finding in findings)
    warnings = len(findings) - errors
    return f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"


def run_table(snapshot: Snapshot) -> list[str]:
    rows = [(run.name, run.taken, f"{run.python}, {run.platform}", run.build) for run in snapshot.runs]
    return [table(("run", "taken", "on", "build"), rows)] if rows else []


def finding_parts(findings: Sequence[FindingRecord], look: Look) -> list[str]:
    if not findings:
        return ["No findings."]
    rows = [(one.level, one.grade, one.title, " -> ".join(one.classes), str(one.count)) for one in findings]
    parts = ["## Findings", table(("level", "grade", "finding", "classes", "count"), rows)]
    for one in findings:
        report = painted(look.lines(one.document, one), colour=False)
        parts += [f"### {escaped(one.title)}: {' -> '.join(map(code, one.classes))}", fenced(report, "text")]
    return parts


def stat_table(stats: Iterable[ClassStatistics]) -> str:
    chosen = sorted(stats, key=lambda one: (-one.contentions, -one.acquisitions, one.name, one.read))[:MOST_STATS]
    rows = [
        (
            f"{one.name} (read)" if one.read else one.name,
            str(one.contentions), str(one.acquisitions),
            *spread(one.wait), *spread(one.hold),
        )
        for one in chosen
    ]  # fmt: skip
    return table(("class", "contentions", "acquisitions", "waited", "longest", "held", "longest"), rows)


def spread(times: Durations | None) -> tuple[str, str]:
    """Return two cells: the total and the longest time."""
    return ("", "") if times is None else (milliseconds(times.total_ns), milliseconds(times.max_ns))


def milliseconds(ns: int) -> str:
    return f"{ns / 1e6:.3f} ms"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([escaped(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def fenced(text: str, language: str) -> str:
    """Return text as a block of code, in a fence that is longer than any fence in the text."""
    fence = "```"
    while fence in text:
        fence += "`"
    body = text.strip("\n")
    return f"{fence}{language}\n{body}\n{fence}"


def code(text: str) -> str:
    """Return text as inline code."""
    return f"`{text}`" if "`" not in text else f"`` {text} ``"


def escaped(text: str) -> str:
    """Return text with escapes, so that Markdown shows it unchanged, also in a table."""
    return "".join(f"\\{one}" if one in "\\`*_[]<>|#" else one for one in " ".join(text.split()))
