"""The findings as a JSON list of the results of Finding.to_dict(). Suppressed findings are left out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lockdep.splats.styles import PLAIN, Look

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot


def render(snapshot: Snapshot, *, look: Look = PLAIN) -> str:  # noqa: ARG001 - it has one look
    """Return the list."""
    return json.dumps([finding.to_dict() for finding in snapshot.findings if not finding.suppressed], indent=2) + "\n"
