"""Baselines are written from what snapshots have; baseline.py says what is in one, and reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lockdep.baseline import text_of
from lockdep.snapshots.whole_files import write_whole

if TYPE_CHECKING:
    from lockdep.snapshots.records import FindingRecord


def write_baseline(path: str, findings: Iterable[FindingRecord]) -> str:
    """Write the findings that are shown to a baseline; return a line about that. OSError if it cannot be written."""
    known = [finding for finding in findings if finding.shown]
    write_whole(path, [text_of(known).encode("utf-8", "backslashreplace")])
    return f"{path}: {len(known)} known finding{'s' * (len(known) != 1)}"
