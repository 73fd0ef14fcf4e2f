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
    Brief,
    ClassName,
    Document,
    Header,
    Letter,
    Line,
    Part,
    Place,
    Scenario,
    Side,
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
        tuple(text(name, "process") for name in items(row.get("processes", []), "processes")),
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
        excuses=tuple(text(excuse, "excuse") for excuse in items(row.get("excuses", []), "excuses")),
        kernel=flag(document.get("kernel", False)),
    )
    brief = document.get("brief")
    body = tuple(map(read_block, items(document["body"], "body")))
    return Document(header, body, None if brief is None else read_brief(brief))


def read_brief(row: Row) -> Brief:
    """Read the core of a report."""
    return Brief(
        tuple(map(read_letter, items(row["locks"], "locks"))),
        tuple(map(read_side, items(row["sides"], "sides"))),
        read_scenario(items(row["scenario"], "scenario"), items(row.get("heads", []), "heads"))
        if "scenario" in row
        else None,
        read_verdict(row["verdict"]) if "verdict" in row else None,
        text(row["fix"], "fix"),
        text(row.get("why", ""), "why"),
    )


def read_verdict(word: Any) -> Verdict:
    """Read the result of a scenario."""
    return Verdict(one_of(word, (DEADLOCK, STALL), "verdict"))


def read_letter(row: Row) -> Letter:
    """Read a lock class and its letter."""
    return Letter(
        text(row["letter"], "letter"),
        ClassName(text(row["class"], "class"), text(row["text"], "text")),
        text(row["kind"], "kind"),
    )


def read_side(row: Row) -> Side:
    """Read what one thread does."""
    calls = ((read_frame_row(frame), text(mark, "mark")) for frame, mark in items(row["calls"], "calls"))
    return Side(text(row["heading"], "heading"), tuple(calls))


def read_block(row: Row) -> Block:
    """Read a line, a stack, a scenario table or a verdict. The keys of the row tell which it is."""
    match row:
        case {"line": parts, "heading": is_heading}:
            return Line(tuple(map(read_part, items(parts, "line"))), flag(is_heading))
        case {"stack": frames}:
            return Stack(tuple(read_frame_row(frame) for frame in items(frames, "stack")))
        case {"scenario": steps}:
            return read_scenario(items(steps, "scenario"), items(row.get("heads", []), "heads"))
        case {"verdict": word}:
            return read_verdict(word)
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


def read_scenario(steps: list[Any], heads: list[Any]) -> Scenario:
    """Read a scenario table. It must have a step, no thread number may reach their number, or that of the heads."""
    read = tuple((number(thread, "thread"), text(step, "step")) for thread, step in steps)
    if not read or max(thread for thread, _ in read) >= len(read):
        raise Broken("a scenario without steps, or with threads that do nothing")
    if heads and max(thread for thread, _ in read) >= len(heads):
        raise Broken("a scenario with threads without a name")
    return Scenario(read, tuple(text(head, "head") for head in heads))


def read_frame_row(row: Row) -> Frame:
    """Read a frame of a report, in which its fields have names."""
    return read_frame([*(row[name] for name in Frame._fields[:4]), row.get("library", False)])


def read_frame(row: Any) -> Frame:
    """Read a frame. Equal frames of all files become one object, so that comparing stacks is fast."""
    file, line, function, source, *library = row
    names = text(file, "file"), number(line, "line"), text(function, "function"), text(source, "source")
    frame = Frame(*names, *map(flag, library))
    return _frames.setdefault(frame, frame) if len(_frames) < _MOST_FRAMES else _frames.get(frame, frame)


_frames: dict[Frame, Frame] = {}
_MOST_FRAMES = 1 << 17
