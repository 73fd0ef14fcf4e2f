"""The list of where findings come from: for each, whether it is new, and which host and version gave which half."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockdep.snapshots.records import FindingRecord
    from lockdep.store.fleet import Fleet
    from lockdep.store.parts import Origin

MOST_SHOWN = 3  # hosts of each half


def render_origins(fleet: Fleet, findings: Iterable[FindingRecord]) -> str:
    """Return the list for these findings; nothing if there are none."""
    return "".join(entry(fleet, finding) for finding in findings)


def entry(fleet: Fleet, finding: FindingRecord) -> str:
    """Return the lines of one finding."""
    lines = [f"{finding.slug} [{finding.id}]{age_text(fleet, finding)}"]
    lines += [f"  {half}: {shown(origins)}" for half, origins in fleet.halves(finding)]
    return "".join(f"{line}\n" for line in lines)


def age_text(fleet: Fleet, finding: FindingRecord) -> str:
    """Return whether a finding is new; nothing if there is no earlier version."""
    if fleet.earlier is None:
        return ""
    version = fleet.version or "the last version"
    ages = {"new": f"new in {version}", "known": f"known before {version}"}
    return f": {ages.get(fleet.age(finding), f'known before {version}, in other lines')}"


def shown(origins: list[Origin]) -> str:
    """Return some hosts with their versions, and how many others there are."""
    labels = list(dict.fromkeys(origin.label for origin in origins))
    more = f" and {len(labels) - MOST_SHOWN} more" if len(labels) > MOST_SHOWN else ""
    return ", ".join(labels[:MOST_SHOWN]) + more
