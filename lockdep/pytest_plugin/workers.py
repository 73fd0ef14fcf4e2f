"""The merge of what xdist's workers saw, and the cycles that only this merge shows. Used in the controller.

Each worker has failed its own tests for its own findings. An inversion whose halves ran in different workers belongs to
no test, so it fails the session. Memory in the controller: the merge, see snapshots/merge.py.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lockdep.pytest_plugin.records import FirstSeen, arrow, look_of, text_of
from lockdep.snapshots.merge import Merger
from lockdep.snapshots.snapshot import Snapshot
from lockdep.splats.styles import Look
from lockdep.violations.suppressions import SuppressionList
from lockdep.vocabulary.grades import POTENTIAL

if TYPE_CHECKING:
    from lockdep.processes.merged import Whole
    from lockdep.snapshots.records import FindingRecord


def seen_here(first_seen: FirstSeen, whole: Whole | None) -> str:
    """Return what this worker saw as text for execnet: its snapshot, and the tests that first saw each dependency.

    `whole` is what it saw together with child processes, if there were any.
    """
    from lockdep.live.taking import snapshot

    taken = snapshot() if whole is None else whole.snapshot
    return json.dumps({"snapshot": taken.dumps(), "places": first_seen.table()})


class WorkerMerge:
    """Merges the snapshots of the workers."""

    def __init__(self) -> None:
        self._merger = Merger()
        self._places: dict[tuple[str, str], list[str]] = {}

    def add(self, worker: str, seen: str) -> None:
        """Add what a worker saw. `seen` is the text that `seen_here` returned in the worker."""
        data: dict[str, Any] = json.loads(seen)
        self._merger.add(Snapshot.parse(data["snapshot"], worker))
        for prev, next_, place in data["places"]:
            self._places.setdefault((prev, next_), []).append(f"{place} [{worker}]")

    @cached_property
    def merged(self) -> Snapshot:
        """The merged snapshot. It is computed once, so nothing may be added after the first access."""
        return Snapshot.of(self._merger.tables())

    def findings(self, suppressions: SuppressionList) -> tuple[list[FindingRecord], list[FindingRecord]]:
        """Return the findings that no single worker saw, as (those that fail the run, the others)."""
        merged = self.merged
        found = [one for one in merged.findings if one.across and suppressions.find(one) is None]
        strict = any(run.option("strict") for run in merged.runs)
        fail_on = str(next((run.option("fail_on") for run in merged.runs), POTENTIAL))
        failing = [one for one in found if strict or one.at_least(fail_on)]
        return failing, [one for one in found if one not in failing]

    def text(self, finding: FindingRecord) -> str:
        """Return the report of such a finding, with the tests that first saw each dependency."""
        style, frames = (str(next(run.option(name) for run in self.merged.runs)) for name in ("style", "frames"))
        look = look_of(Look(style, frames))
        lines = [text_of(finding.document, finding, look)]
        for pair in finding.dependencies:
            places = ", ".join(sorted(self._places.get(pair, ["an unknown place"])))
            lines.append(f"{arrow(finding.document, look, *pair)}first seen in {places}")
        return "\n".join([*lines, "found in the workers of xdist together", ""])
