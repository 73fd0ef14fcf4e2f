"""One page for a browser: findings with both sides beside each other, the graph, and lock statistics.

The page is one file that needs no network and opens from a disk. Its only script filters the graph; without scripts all
the rest works. The graph has the classes with dependencies; those in findings are coloured.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lockdep.reports.differences import Share, Sources
from lockdep.reports.drawing import drawing
from lockdep.reports.formats.markdown import counted
from lockdep.reports.html_parts import element, table, text
from lockdep.reports.lock_times import time_text
from lockdep.reports.picture import Picture
from lockdep.reports.source_context import source_around
from lockdep.snapshots.lock_statistics import ClassStatistics, Counts, Durations
from lockdep.splats.document import Brief, Side
from lockdep.splats.short import left_out, legend, of_program
from lockdep.splats.styles import PLAIN, Look
from lockdep.trace import Frame
from lockdep.violations.suppressions import entry_of, toml_text

if TYPE_CHECKING:
    from lockdep.snapshots.records import FindingRecord
    from lockdep.snapshots.snapshot import Snapshot

HERE = Path(__file__).parent.parent  # where style and script are
MOST_STATS = 200
MANY = 100  # classes of a graph: of more than these, it shows first only those in findings
MOST_ALONE, FEW_ALONE = 100, 4  # dependencies that one file has alone: shown at all, and without unfolding
FEWEST_BARS = 3  # of a histogram
BAR = 40  # pixels of the highest bar of a histogram


def render(snapshot: Snapshot, *, look: Look = PLAIN) -> str:  # noqa: ARG001 - it has one look
    """Return the page."""
    sources = Sources(snapshot)
    parts = [summary(snapshot), findings(snapshot, sources), differences(sources), graph(snapshot)]
    parts += [statistics(snapshot.stats), runs(snapshot)]
    head = element("head", '<meta charset="utf-8">', element("title", "lockdep"), element("style", part("page.css")))
    body = element("body", *parts, element("script", part("page.js")))
    return f'<!DOCTYPE html>\n<html lang="en">{head}{body}</html>\n'


def part(name: str) -> str:
    """Return the style or the script, which become part of the page."""
    return (HERE / name).read_text(encoding="utf-8")


def summary(snapshot: Snapshot) -> str:
    """Return the head of the page: what was found, and how much was seen."""
    shown = [one for one in snapshot.findings if one.shown]
    seen = f"{len(snapshot.classes)} lock classes, {len(snapshot.dependencies)} dependencies"
    return element("h1", "lockdep") + element(
        "p", text(f"{counted(shown)}; {seen}, in {len(snapshot.runs)} run{'s' * (len(snapshot.runs) != 1)}")
    )


# Findings


def findings(snapshot: Snapshot, sources: Sources) -> str:
    """Return all findings; the first one is open."""
    shown = [one for one in snapshot.findings if one.shown]
    if not shown:
        return element("h2", "Findings") + element("p", "Nothing was found.")
    return element("h2", "Findings") + "".join(finding(one, sources, at == 0) for at, one in enumerate(shown))


def finding(one: FindingRecord, sources: Sources, opened: bool) -> str:
    """Return one finding: a line, and below it both sides, the evidence, and the report in full."""
    title = element("b", text(f"{one.level}: {one.title}"))
    head = element("summary", element("span", text(one.id), class_="id"), title, f" {text(' -> '.join(one.classes))}")
    brief = one.document.brief
    core = "" if brief is None else core_of(brief)
    evidence = element("p", element("b", text(one.grade)), text(f": {one.reason}"))
    accept = element("p", "accept: ", element("code", text(f"suppress = [{toml_text(f'{entry_of(one)}  # why')}]")))
    full = element("details", element("summary", "report in full"), element("pre", text(one.text.strip("\n"))))
    unfolded = {"open": "open"} if opened else {}
    halves = "".join(element("p", text(line)) for line in sources.seen_in(one)) if sources.several else ""
    return element("details", head, core, evidence, halves, accept, full, class_=f"finding {one.level}", **unfolded)


def core_of(brief: Brief) -> str:
    """Return the locks, the sides beside each other, the scenario, and what to change."""
    locks = element("pre", text("\n".join(line for _, line in legend(brief.locks))))
    told = element("div", *map(side, brief.sides), class_="sides")
    scenario = "" if brief.scenario is None else "\n".join(line for _, line in brief.scenario.lines())
    drawn = (
        element("details", element("summary", "order of events"), element("pre", text(scenario))) if scenario else ""
    )
    said = {"why": brief.why, "fix": brief.fix}
    return (
        locks
        + told
        + drawn
        + "".join(element("p", element("b", name), text(f": {words}")) for name, words in said.items() if words)
    )


def side(one: Side) -> str:
    """Return what one thread does: its calls, outermost first; those that take a lock are marked.

    Those of libraries that reports leave out are shown when their box is ticked.
    """
    left = of_program(one.calls).left
    box = "" if not left else element("label", '<input type="checkbox">', text(f" {left_out(left)}"), class_="more")
    rows = []
    for frame, mark in one.calls:
        kind = " ".join(["marked"] * bool(mark) + ["library"] * (bool(left) and frame.library and not mark))
        cells = (
            element("td", text(mark), class_="mark"), element("td", text(f"{frame.file}:{frame.line}")),
            element("td", text(frame.function)), element("td", source(frame, unfolds=bool(mark))),
        )  # fmt: skip
        rows.append(element("tr", *cells, class_=kind))
    return element("div", element("h4", text(one.heading)), box, element("table", *rows, class_="calls"), class_="side")


def source(frame: Frame, *, unfolds: bool) -> str:
    """Return the source line of a frame. One that takes a lock unfolds to the lines around it, where they are known."""
    around = source_around(frame) if unfolds else ""
    if not around:
        return text(frame.source)
    return element("details", element("summary", text(frame.source)), element("pre", text(around)))


# Several files


def differences(sources: Sources) -> str:
    """Return what each of the merged files has seen that the others have not."""
    if not sources.several:
        return ""
    rows = [(text(one.name), text(one.seen), text(len(one.alone)), alone(one)) for one in sources.shares()]
    shown = element("div", table(("file", "dependencies", "only here", "which"), rows, class_="stats"), class_="wide")
    return element("h2", "Differences") + shown


def alone(share: Share) -> str:
    """Return the dependencies that only one file has seen, to be unfolded if they are many."""
    lines = [text(f"{one.prev} -> {one.next}") for one in share.alone[:MOST_ALONE]]
    left = len(share.alone) - len(lines)
    words = "<br>".join([*lines, *([f"and {left} more"] if left else [])])
    return words if len(lines) <= FEW_ALONE else element("details", element("summary", lines[0], " ..."), words)


# The graph


def graph(snapshot: Snapshot) -> str:
    """Return the dependencies as a drawing, with a field that leaves only what is near the classes of a name."""
    picture = Picture.of(snapshot)
    if not picture.dependencies:
        return ""
    field = '<input id="filter" placeholder="show only what is near: part of a name">'
    ticked = " checked" if len(picture.classes) > MANY else ""
    box = (
        f'<label><input type="checkbox" id="found"{ticked}> only those in findings</label>' if picture.troubled else ""
    )
    return element("h2", "Dependencies") + field + box + element("div", drawing(picture), class_="graph")


# Statistics


def statistics(stats: Sequence[ClassStatistics]) -> str:
    """Return the locks that were waited for most, with where, and behind whom."""
    used = sorted(stats, key=lambda one: (-waited(one), -one.contentions, -one.acquisitions, one.name))[:MOST_STATS]
    if not used:
        return ""
    head = ("lock", "acquired", "waited for", "waits", "holds", "waited at", "held by")
    rows = [
        (
            text(f"{one.name} (read)" if one.read else one.name), text(one.acquisitions), text(one.contentions),
            times(one.wait), times(one.hold),
            places(one.contention_points, one.waited_at), places(one.contending_points, one.waited_behind),
        )
        for one in used
    ]  # fmt: skip
    shown = element("div", table(head, rows, class_="stats"), class_="wide")
    return element("h2", "Locks, the longest waits first") + shown


def waited(one: ClassStatistics) -> int:
    """Return how long a lock was waited for, in ns."""
    return 0 if one.wait is None else one.wait.total_ns


def times(one: Durations | None) -> str:
    """Return the total and the longest time, and how they are spread."""
    if one is None or not one.count:
        return ""
    words = f"{time_text(one.total_ns)},", f"longest {time_text(one.max_ns)}"
    return "<br>".join(map(text, words)) + histogram(one.histogram)


def histogram(counts: Sequence[tuple[int, int]]) -> str:
    """Return a bar for each range of times; its height is how often that was, on a logarithmic scale."""
    most = max((count for _, count in counts), default=0)
    if len(counts) < FEWEST_BARS:
        return ""
    bars = [
        element(
            "i",
            style=f"height: {BAR * count.bit_length() // most.bit_length()}px",
            title=f"up to {bound / 1e3:g} us: {count}",
        )
        for bound, count in counts
    ]
    ends = f"{time_text(counts[0][0])} to {time_text(counts[-1][0])}"
    return element("div", *bars, class_="bars") + element("small", text(ends))


def places(counts: Counts, waited: Counts) -> str:
    """Return places with how often each was met, and how long was waited there."""
    known = {place: f" ({time_text(ns)})" for place, ns in waited}
    ordered = sorted(counts, key=lambda one: -one[1])
    return "<br>".join(text(f"{count} {place}{known.get(place, '')}") for place, count in ordered)


def runs(snapshot: Snapshot) -> str:
    """Return the processes that were watched."""
    rows = [
        (text(one.name), text(one.pid), text(one.taken), text(f"{one.python}, {one.platform}"), text(one.build))
        for one in snapshot.runs
    ]
    return element("h2", "Runs") + table(("run", "pid", "taken", "on", "build"), rows) if rows else ""
