"""Retention: which parts a store keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockdep.store.parts import listed, remove

if TYPE_CHECKING:
    from sqlalchemy import Connection


def prune(connection: Connection, before: str, project: str | None = None) -> tuple[int, int]:
    """Remove the parts that were taken before this time, of one project or of all; return how many, and of how many.

    In the transaction of the caller.
    """
    parts = listed(connection, project)
    old = [part.id for part in parts if part.taken < before]
    remove(connection, old)
    return len(old), len(parts)
