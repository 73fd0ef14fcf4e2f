"""The snapshot file itself. Given several files, this writes their merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot


def render(snapshot: Snapshot, *, colour: bool = False) -> str:  # noqa: ARG001 - a file has no colours
    """Return the text of the file."""
    return snapshot.dumps()
