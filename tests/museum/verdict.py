"""The verdict on a run of an exhibit: compares what lockdep reported with the known bug of the exhibit.

A buggy program must end with lockdep's exit code and a finding of the right kind that names every lock of the
known cycle; a warning is enough where the exhibit says so. A fixed or healthy one must end with 0; warnings are
allowed there.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.museum.cases import Exhibit

FOUND_SOMETHING = 66

SLUGS = {
    "abba": ("circular", "recursive"),
    "join-while-holding": ("join", "circular"),
    "wait-while-holding": ("wait", "circular"),
    "wait-for-own-thread": ("wait",),
    "signal-reentrancy": ("usage", "recursive"),
    "await-held": ("await",),
    "fork-held": ("fork",),
    "gc-reentrancy": ("usage", "recursive"),
}

Report = Mapping[str, Any]  # a finding as it stands in the JSON report


@dataclass(frozen=True, slots=True)
class Verdict:
    """A word for the table, and whether the run was right."""

    word: str
    right: bool


def judge(exhibit: Exhibit, exit_code: int | None, findings: Sequence[Report]) -> Verdict:
    """Return the verdict on one run. exit_code is None if the run had to be killed."""
    if exit_code is None:
        return Verdict("hung", right=False)
    if exit_code not in (0, FOUND_SOMETHING):
        return Verdict("crashed", right=False)
    if exhibit.twin == "buggy":
        return _judge_buggy(exhibit, exit_code, findings)
    errors = [finding["slug"] for finding in findings if finding["level"] == "error"]
    if exit_code or errors:
        return Verdict("false alarm" if exhibit.judged else "later", right=not exhibit.judged)
    return Verdict("silent", right=True)


def _judge_buggy(exhibit: Exhibit, exit_code: int, findings: Sequence[Report]) -> Verdict:
    errors = [finding for finding in findings if finding["level"] == "error"]
    if exhibit.level == "warning" and any(matches(exhibit, finding) for finding in findings):
        return Verdict("found", right=True)
    if exit_code == FOUND_SOMETHING and any(matches(exhibit, finding) for finding in errors):
        return Verdict("found", right=True)
    if not exhibit.judged:
        return Verdict("later", right=True)
    return Verdict("other cycle" if errors else "missed", right=False)


def matches(exhibit: Exhibit, finding: Report) -> bool:
    """Say whether a finding is about the exhibit's bug: its kind fits and it names every lock of the cycle."""
    return finding["slug"] in SLUGS[exhibit.kind] and all(_names(finding, place) for place in exhibit.cycle)


def _names(finding: Report, place: str) -> bool:
    # Threads and events are not lock classes: their places may stand anywhere in the finding.
    anywhere = place.startswith(("thread:", "event:"))
    where = place.removeprefix("thread:").removeprefix("event:").removeprefix("stdlib/")
    pattern = re.compile(rf"(?<![\w.]){re.escape(where)}(?!\d)")
    return any(pattern.search(text) for text in ([json.dumps(finding)] if anywhere else finding["classes"]))
