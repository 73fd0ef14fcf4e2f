"""The findings for code scanning services and editors: SARIF 2.1.0 (OASIS standard), with both sides as code flows.

Each side of a finding is a thread flow: its calls, outermost first. The result is placed where a thread wants a lock
that it cannot have. Paths are relative to the root of the project; calls in libraries are in the flows only. The id of
a finding is its fingerprint, so a service recognises it when lines move.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from lockdep import __version__
from lockdep.reports.explanations import explain, explanations
from lockdep.splats.document import Document, Stack
from lockdep.splats.styles import PLAIN, Look
from lockdep.trace import Frame
from lockdep.violations.suppressions import entry_of

if TYPE_CHECKING:
    from lockdep.snapshots.records import FindingRecord
    from lockdep.snapshots.snapshot import Snapshot

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "SRCROOT"
Row = dict[str, Any]


def render(snapshot: Snapshot, *, look: Look = PLAIN) -> str:  # noqa: ARG001 - it has one look
    """Return the log. Suppressed findings are in it, marked as such; excused ones are not."""
    found = [one for one in snapshot.findings if one.shown or one.suppressed]
    driver = {"name": "lockdep", "semanticVersion": __version__, "rules": rules({one.slug for one in found})}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": [result(one) for one in found]}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def rules(slugs: set[str]) -> list[Row]:
    """Return the kinds of these findings, with what `lockdep explain` says of them."""
    titles = {one.slug: one.title for one in reversed(explanations())}  # the first one of each
    return [
        {"id": slug, "shortDescription": {"text": titles[slug]}, "help": {"text": explain(slug)}}
        for slug in sorted(slugs)
        if slug in titles
    ]


def result(finding: FindingRecord) -> Row:
    """Return one finding."""
    flows = flows_of(finding.document)
    row: Row = {
        "ruleId": finding.slug,
        "level": finding.level,
        "message": {"text": message(finding)},
        "locations": [location(frame) for frame in primary(flows)],
        "partialFingerprints": {"lockdepId/v1": finding.id},
        "occurrenceCount": max(1, finding.count),
        "properties": {"grade": finding.grade, "classes": list(finding.classes), "report": finding.text},
    }
    if any(calls for _, calls in flows):
        threads = [thread_flow(heading, calls) for heading, calls in flows if calls]
        row["codeFlows"] = [{"threadFlows": threads}]
    if finding.suppressed:
        row["suppressions"] = [{"kind": "external"}]
    return row


def message(finding: FindingRecord) -> str:
    """Return the finding in a few sentences: its title and locks, the evidence, and how to accept it."""
    brief = finding.document.brief
    fix = f" To mend it: {brief.fix}." if brief is not None and brief.fix else ""
    letters = [f"{one.letter} = {one.lock_class.name}" for one in brief.locks] if brief is not None else finding.classes
    locks = ", ".join(letters)
    return f"{finding.title}: {locks} ({finding.grade}: {finding.reason}).{fix} To accept it: {entry_of(finding)}"


Calls = Sequence[tuple[Frame, str]]


def flows_of(document: Document) -> list[tuple[str, Calls]]:
    """Return what each side does: a heading, and calls with what they do to a lock."""
    if document.brief is not None:
        return [(side.heading, side.calls) for side in document.brief.sides]
    stacks = [block for block in document.body if isinstance(block, Stack)]
    return [("", [(frame, "") for frame in reversed(stack.frames)]) for stack in stacks]


def primary(flows: Iterable[tuple[str, Calls]]) -> list[Frame]:
    """Return the innermost call of the program of each side, the last one first: it is where a thread would wait."""
    ends = [[frame for frame, _ in calls if not frame.library] for _, calls in flows]
    return list(dict.fromkeys(frames[-1] for frames in reversed(ends) if frames))


def thread_flow(heading: str, calls: Calls) -> Row:
    """Return what one thread does."""
    steps = [
        {
            "location": location(frame, mark or f"in {frame.function}"),
            "importance": "essential" if mark else "important",
        }
        for frame, mark in calls
    ]
    return {"locations": steps, **({"message": {"text": heading}} if heading else {})}


def location(frame: Frame, text: str = "") -> Row:
    """Return a call as a place, with a text if there is one."""
    region: Row = {"startLine": max(1, frame.line)}
    if frame.source:
        region["snippet"] = {"text": frame.source}
    artifact = {"uri": uri(frame.file), **({} if frame.library else {"uriBaseId": ROOT})}
    row: Row = {
        "physicalLocation": {"artifactLocation": artifact, "region": region},
        "logicalLocations": [{"fullyQualifiedName": frame.function}],
    }
    return {**row, "message": {"text": text}} if text else row


def uri(path: str) -> str:
    """Return a path as a relative URI."""
    from urllib.parse import quote

    return quote(path, errors="surrogatepass")  # names of files may be no text
