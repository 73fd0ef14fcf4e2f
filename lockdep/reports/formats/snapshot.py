"""The snapshot file itself. Given several files, this writes their merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockdep.splats.styles import PLAIN, Look

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot


def render(snapshot: Snapshot, *, look: Look = PLAIN) -> str:  # noqa: ARG001 - it has one look
    """Return the text of the file."""
    return snapshot.dumps()
