"""What xdist's workers saw together: their snapshots merged in the controller, and the cycles only that shows.

Each worker has failed its own tests for what it saw. An inversion whose halves ran in different workers is nobody's:
it belongs to the session. Memory in the controller: the merge, see snapshots/merge.py.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lockdep.pytest_plugin.records import FirstSeen, without_runner
from lockdep.snapshots.merge import Merger
from lockdep.snapshots.snapshot import Snapshot
from lockdep.violations.suppressions import SuppressionList
from lockdep.vocabulary.grades import POTENTIAL

if TYPE_CHECKING:
    from lockdep.snapshots.records import FindingRecord


def seen_here(first_seen: FirstSeen) -> str:
    """Return what this worker saw as text for execnet: its snapshot, and the tests that first saw each dependency."""
    from lockdep.live.taking import snapshot

    return json.dumps({"snapshot": snapshot().dumps(), "places": first_seen.table()})


class Together:
    """What the workers told so far."""

    def __init__(self) -> None:
        self._merger = Merger()
        self._places: dict[tuple[str, str], list[str]] = {}

    def add(self, worker: str, told: str) -> None:
        """Take in what a worker saw."""
        data: dict[str, Any] = json.loads(told)
        self._merger.add(Snapshot.parse(data["snapshot"], worker))
        for prev, next_, place in data["places"]:
            self._places.setdefault((prev, next_), []).append(f"{place} [{worker}]")

    @cached_property
    def merged(self) -> Snapshot:
        """All of it; nothing is added after this was asked for."""
        return Snapshot.of(self._merger.tables())

    def findings(self, suppressions: SuppressionList) -> tuple[list[FindingRecord], list[FindingRecord]]:
        """Return the findings that fail the run, and the others, of those that no single worker saw."""
        merged = self.merged
        found = [one for one in merged.findings if one.across and suppressions.find(one) is None]
        strict = any(run.option("strict") for run in merged.runs)
        fail_on = str(next((run.option("fail_on") for run in merged.runs), POTENTIAL))
        failing = [one for one in found if strict or one.at_least(fail_on)]
        return failing, [one for one in found if one not in failing]

    def text(self, finding: FindingRecord) -> str:
        """Return the report of such a finding, with the tests in which each dependency was first seen."""
        lines = [without_runner(finding.document).strip("\n")]
        for pair in finding.dependencies:
            places = ", ".join(sorted(self._places.get(pair, ["an unknown place"])))
            lines.append(f"{pair[0]} --> {pair[1]}: first seen in {places}")
        return "\n".join([*lines, "found in the workers of xdist together", ""])
