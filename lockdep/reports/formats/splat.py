"""The reports of the findings, one below the other; without those that are suppressed or excused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockdep.reports.colours import painted
from lockdep.splats.styles import PLAIN, Look

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot


def render(snapshot: Snapshot, *, look: Look = PLAIN) -> str:
    """Return the reports as text."""
    shown = [finding for finding in snapshot.findings if finding.shown]
    return "\n".join(painted(look.lines(one.document, one), colour=look.colour) for one in shown)
