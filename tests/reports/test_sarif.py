"""SARIF and the workflow commands of GitHub Actions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from lockdep.reports import formats
from lockdep.reports.formats import github
from lockdep.snapshots.snapshot import Snapshot
from tests.snapshots.snapshot_makers import seen, snapshots
from tests.worlds import program

# The schema of the standard (OASIS, SARIF version 2.1.0), as the validator of its editors has it.
SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0.json").read_text(encoding="utf-8-sig"))
VALIDATOR = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)

INVERSION = """
import threading
a = threading.Lock()
b = threading.Lock()

def ab():
    with a:
        with b:
            pass

def ba():
    with b:
        with a:
            pass

for work in (ab, ba):
    thread = threading.Thread(target=work, name=work.__name__)
    thread.start()
    thread.join()
"""
SILENT = INVERSION.replace("(ab, ba)", "(ab, ab)")


def rendered(folder: Path, source: str, **environment: str) -> tuple[dict[str, Any], Any]:
    """Run a program and return its log, and the process that has ended."""
    command = ("-m", "lockdep", "run", "--report", f"sarif:{folder / 'log.sarif'}")
    done = program(folder, source, command=command, **environment)
    return json.loads((folder / "log.sarif").read_text()), done


def test_both_sides_are_flows(tmp_path: Path) -> None:
    log, _ = rendered(tmp_path, INVERSION)

    VALIDATOR.validate(log)
    (result,) = log["runs"][0]["results"]
    (flow,) = result["codeFlows"]
    marks = [[step["location"]["message"]["text"] for step in thread["locations"]] for thread in flow["threadFlows"]]
    assert marks == [["holds A", "wants B"], ["holds B", "wants A"]]
    assert [thread["message"]["text"] for thread in flow["threadFlows"]] == ["ab took A, then B", "ba took B, then A"]
    lines = [place["physicalLocation"]["region"]["startLine"] for place in result["locations"]]
    assert lines == [13, 8]
    assert (result["ruleId"], result["level"]) == ("circular", "error")


def test_a_sound_program_has_no_results(tmp_path: Path) -> None:
    log, done = rendered(tmp_path, SILENT, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))

    VALIDATOR.validate(log)
    assert log["runs"][0]["results"] == []
    assert "::" not in done.stderr
    assert not (tmp_path / "summary.md").exists()


@settings(max_examples=20)
@given(snapshots())
def test_any_snapshot_follows_the_schema(snapshot: Snapshot) -> None:
    VALIDATOR.validate(json.loads(formats.render("sarif", snapshot)))


def test_a_suppressed_finding_is_marked() -> None:
    merged = Snapshot.merged([seen("one", "AB", suppress=("circular: *",)), seen("two", "BA")])

    (result,) = json.loads(formats.render("sarif", merged))["runs"][0]["results"]

    assert result["suppressions"] == [{"kind": "external"}]
    assert formats.render("github", merged) == ""


def test_in_a_job_the_findings_are_commands_and_in_its_summary(tmp_path: Path) -> None:
    _, done = rendered(tmp_path, INVERSION, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))

    (command,) = [line for line in done.stderr.splitlines() if line.startswith("::")]
    assert command.startswith("::error file=prog.py,line=13,title=lockdep%3A possible circular")
    assert "# lockdep" in (tmp_path / "summary.md").read_text()


@pytest.mark.parametrize(("text", "escaped"), [("100%", "100%25"), ("a\nb\r", "a%0Ab%0D"), ("a:b,c", "a%3Ab%2Cc")])
def test_what_would_end_a_field_is_escaped(text: str, escaped: str) -> None:
    assert github.value(text) == escaped
