"""Compaction: the parts of one day, version and host become one part, so that a report has fewer to read.

A merge of merges is the merge of all, so what a report says stays the same. Nothing waits meanwhile: parts are read and
merged outside of a transaction, and those that have changed by then are left as they are.

Cost: that of a report on all parts of the days that have more than one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lockdep.snapshots.files import encode_text
from lockdep.snapshots.merge import merged
from lockdep.store.address import StoreError
from lockdep.store.database import Store
from lockdep.store.parts import Origin, Parcel, Part, listed, put, read

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from lockdep.snapshots.records import Tables
    from lockdep.snapshots.rows import Rows

DAY = len("2026-12-31")  # characters of a time


def compact(store: Store, project: str | None = None) -> tuple[int, int]:
    """Make one part of those of each day, version and host, of one project or of all; return how many became how many.

    A part that would be too large is not made.
    """
    before = after = 0
    with store.reading() as connection:
        for parts in groups(listed(connection, project)):
            before += len(parts)
            after += 1 if become_one(store, connection, parts) else len(parts)
    return before, after


def groups(parts: list[Part]) -> list[list[Part]]:
    """Return the parts of each day, version and host that has several."""
    found: dict[tuple[str, Origin], list[Part]] = {}
    for part in parts:
        found.setdefault((part.taken[:DAY], part.origin), []).append(part)
    return [group for group in found.values() if len(group) > 1]


def become_one(store: Store, connection: Connection, parts: list[Part]) -> bool:
    """Put the merge of these parts in their place; return whether that was done."""
    try:
        whole = merged(contents(connection, parts))
        parcel = Parcel.of(parts[0].origin, encode_text(whole), whole.runs, "the merge")
    except (ValueError, StoreError):  # one cannot be read, or all are too large
        return False
    return store.write(lambda connection: replace_all(connection, parts, parcel))


def contents(connection: Connection, parts: list[Part]) -> Iterator[Tables | Rows]:
    """Yield what is in each part, as it was put there."""
    for part in parts:
        tables = read(connection, part, one_of_many=True)
        if tables is not None:
            yield tables


def replace_all(connection: Connection, parts: list[Part], parcel: Parcel) -> bool:
    """Put a part in the place of those that it was made of, if all of them are still there."""
    there = {part.id for part in listed(connection, parcel.origin.project)}
    return all(part.id in there for part in parts) and put(connection, parcel) == "replaced"
