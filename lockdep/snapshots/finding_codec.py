"""Findings and their reports as rows of a snapshot file, and back. Reading checks every value that it uses.

A row is the result of FindingRecord.to_dict() without the text of the report, which follows from the document.
"""

from __future__ import annotations

from typing import Any

from lockdep.snapshots.checked import Broken, flag, items, number, one_of, text
from lockdep.snapshots.records import FindingRecord
from lockdep.splats.document import (
    DEADLOCK,
    STALL,
    Block,
    ClassName,
    Document,
    Header,
    Line,
    Part,
    Place,
    Scenario,
    Stack,
    Verdict,
)
from lockdep.trace import Frame
from lockdep.vocabulary.grades import GRADES, level

Row = dict[str, Any]


def finding_row(finding: FindingRecord) -> Row:
    """Return a finding as plain data."""
    row = finding.to_dict()
    del row["text"]
    return row


def read_finding(row: Row) -> FindingRecord:
    """Read a finding."""
    pairs = (items(pair, "a dependency") for pair in items(row["dependencies"], "dependencies"))
    return FindingRecord(
        read_document(row),
        tuple(text(name, "class") for name in items(row["classes"], "classes")),
        tuple((text(prev, "class"), text(next_, "class")) for prev, next_ in pairs),
        number(row["count"], "count"),
        flag(row["suppressed"]),
        flag(row["across"]),
    )


def read_document(row: Row) -> Document:
    """Read the report of a finding. Its header comes from the fields of the finding."""
    document = row["document"]
    grade = one_of(row["grade"], GRADES, "grade")
    header = Header(
        **{name: text(row[name], name) for name in ("slug", "title", "reason", "id")},
        **{name: text(document[name], name) for name in ("headline", "environment")},
        grade=grade,
        level=one_of(row["level"], (level(grade),), "level"),
    )
    return Document(header, tuple(map(read_block, items(document["body"], "body"))))


def read_block(row: Row) -> Block:
    """Read a line, a stack, a scenario table or a verdict. The keys of the row tell which it is."""
    match row:
        case {"line": parts, "heading": is_heading}:
            return Line(tuple(map(read_part, items(parts, "line"))), flag(is_heading))
        case {"stack": frames}:
            return Stack(tuple(read_frame_row(frame) for frame in items(frames, "stack")))
        case {"scenario": steps}:
            return read_scenario(items(steps, "scenario"))
        case {"verdict": word}:
            return Verdict(one_of(word, (DEADLOCK, STALL), "verdict"))
    raise Broken(f"{row!r:.80} is no part of a report")


def read_part(row: Any) -> Part:
    """Read a part of a line: text, a class or a place."""
    if isinstance(row, str):
        return row
    match row:
        case {"class": name, "text": shown}:
            return ClassName(text(name, "class"), text(shown, "text"))
        case {"place": frame}:
            return Place(read_frame_row(frame))
    raise Broken(f"{row!r:.80} is no part of a line")


def read_scenario(steps: list[Any]) -> Scenario:
    """Read a scenario table. It must have a step, and no thread number may reach the number of steps."""
    read = tuple((number(thread, "thread"), text(step, "step")) for thread, step in steps)
    if not read or max(thread for thread, _ in read) >= len(read):
        raise Broken("a scenario without steps, or with threads that do nothing")
    return Scenario(read)


def read_frame_row(row: Row) -> Frame:
    """Read a frame of a report, in which its fields have names."""
    return read_frame([row[name] for name in Frame._fields])


def read_frame(row: Any) -> Frame:
    """Read a frame. Equal frames of all files become one object, so that comparing stacks is fast."""
    file, line, function, source = row
    frame = Frame(text(file, "file"), number(line, "line"), text(function, "function"), text(source, "source"))
    return _frames.setdefault(frame, frame) if len(_frames) < _MOST_FRAMES else _frames.get(frame, frame)


_frames: dict[Frame, Frame] = {}
_MOST_FRAMES = 1 << 17
