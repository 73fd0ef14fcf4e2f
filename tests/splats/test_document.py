"""The report of a finding as data: its text, and the file, line, function and source line of each frame."""

from __future__ import annotations

import json
from typing import Any

import pytest

import lockdep
from lockdep.reports import formats
from lockdep.splats.document import Document, Header, Line, Place, Scenario, Stack, Verdict
from lockdep.splats.splat import tell
from lockdep.trace import Frame
from tests.worlds import Lock, in_thread, nest, world

OUTER, INNER = Frame("app.py", 10, "outer", "inner()"), Frame("_pytest/python.py", 20, "call", "")
HEADER = Header("circular", "a title", "WARNING: a title", "error", "potential", "seen", "0123", "Python 3.11 Linux")


def inversion() -> lockdep.Finding:
    """Take two locks in both orders, and return the finding."""
    first, second = Lock("first"), Lock("second")
    nest(first, second)
    in_thread(lambda: nest(second, first))
    (finding,) = lockdep.findings()
    return finding


def places(data: Any) -> list[dict[str, Any]]:
    """Return every frame in plain data, at any depth."""
    if isinstance(data, dict):
        here = [data] if data.keys() == {*Frame._fields} else []
        return here + [place for value in data.values() for place in places(value)]
    return [place for value in data for place in places(value)] if isinstance(data, list) else []


def test_a_finding_has_the_text_of_its_document() -> None:
    with world():
        finding = inversion()

        assert str(tell(finding)) == str(finding)
        assert finding.to_dict()["text"] == str(finding)


def test_plain_data_has_file_line_function_and_source_of_each_frame() -> None:
    with world():
        finding = inversion()
        found = places(finding.to_dict()["document"])

    assert {(place["function"], place["source"]) for place in found} >= {("nest", "stack.enter_context(lock)")}
    assert all(place["file"] and place["line"] > 0 for place in found)
    text = str(finding)
    assert all(f"{place['file']}:{place['line']} in {place['function']}" in text for place in found)


def test_the_json_report_has_the_frames() -> None:
    with world():
        finding = inversion()
        (reported,) = json.loads(formats.render("json", lockdep.snapshot()))

    assert reported["document"] == json.loads(json.dumps(finding.to_dict()["document"]))
    assert places(reported["document"])


def test_frames_that_are_not_kept_are_not_in_the_text() -> None:
    document = Document(HEADER, (Line(("stack:",), heading=True), Stack((OUTER, INNER)), Stack((INNER,))))

    kept = document.kept(lambda frame: not frame.file.startswith("_pytest/"))

    assert kept.body[1:] == (Stack((OUTER,)), Stack((INNER,)))  # a stack that would be empty is unchanged
    assert str(kept).count("_pytest/") == 1


def test_each_line_has_its_role() -> None:
    body = (Line(("a lock",)), Line(("held, at: ", Place(OUTER))), Scenario(((0, "lock(a);"),)), Verdict("DEADLOCK"))

    roles = [role for role, _ in Document(HEADER, body).lines()]

    assert roles[:5] == ["text", "rule", "headline", "text", "rule"]
    assert roles[-3:] == ["verdict", "text", "evidence"]


@pytest.mark.parametrize(("longest", "stacked"), [(10, False), (200, True)])
def test_a_table_that_is_too_wide_becomes_a_list(longest: int, stacked: bool) -> None:
    steps = ((0, "x" * longest), (1, "y"))

    text = "\n".join(line for _, line in Scenario(steps).lines())

    assert ("thread 1: y" in text) is stacked
