"""What is in a store, read without the code under test."""

from __future__ import annotations

from typing import Any

import sqlalchemy

from lockdep.store.address import Address
from lockdep.store.database import Store, engine_of

TABLES = ("lockdep_schema", "lockdep_parts", "lockdep_runs")


def store_at(url: str) -> Store:
    return Store(Address.parse(url))


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with engine_of(Address.parse(url)).connect() as connection:
        return [tuple(row) for row in connection.execute(sqlalchemy.text(query))]


def change(url: str, statement: str, **values: Any) -> None:
    """Change something in a store by hand."""
    with engine_of(Address.parse(url)).connect() as connection:
        connection.execute(sqlalchemy.text(statement), values)


def everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables."""
    return {name: sorted(rows(url, f"SELECT * FROM {name}")) for name in TABLES}


def parts(url: str) -> int:
    """Return the number of parts, each of which must be whole: with its processes, and no others."""
    listed = {id_ for (id_,) in rows(url, "SELECT id FROM lockdep_parts")}
    assert listed == {part for (part,) in rows(url, "SELECT DISTINCT part FROM lockdep_runs")}
    return len(listed)
