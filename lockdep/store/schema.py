"""The tables of a store, and how one that an older lockdep has made becomes one of this version.

The version of a store is the number of migrations that it has had, a row of its own. A migration is a list of
statements that SQLite and PostgreSQL both understand; it is never changed, later ones follow it. {blob} stands for the
type of binary data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockdep.store.address import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

VERSION_TABLE = "lockdep_schema"
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        f"CREATE TABLE {VERSION_TABLE} (version INTEGER NOT NULL)",
        f"INSERT INTO {VERSION_TABLE} (version) VALUES (0)",
        # id: a hash of all of it. taken: the latest of its processes. data: the text of the snapshot file, by zlib.
        """
        CREATE TABLE lockdep_parts (
            id VARCHAR(64) PRIMARY KEY,
            project TEXT NOT NULL,
            version TEXT NOT NULL,
            host TEXT NOT NULL,
            taken VARCHAR(20) NOT NULL,
            data {blob} NOT NULL
        )
        """,
        "CREATE INDEX lockdep_parts_by_project ON lockdep_parts (project, taken)",
        # The processes of a part, by the random id that each has. A part of one program has many if that had children.
        """
        CREATE TABLE lockdep_runs (
            run VARCHAR(200) NOT NULL,
            part VARCHAR(64) NOT NULL REFERENCES lockdep_parts (id),
            taken VARCHAR(20) NOT NULL,
            PRIMARY KEY (run, part)
        )
        """,
        "CREATE INDEX lockdep_runs_by_part ON lockdep_runs (part)",
    ),
)


def version_of(connection: Connection) -> int:
    """Return the version of the schema, 0 if there are no tables yet. StoreError if it is newer than this lockdep."""
    from sqlalchemy import inspect, text

    if not inspect(connection).has_table(VERSION_TABLE):
        return 0
    version = connection.execute(text(f"SELECT version FROM {VERSION_TABLE}")).scalar_one()
    if version > len(MIGRATIONS):
        raise StoreError(
            f"its schema is version {version}, of a newer lockdep; this one knows up to version {len(MIGRATIONS)}"
        )
    return int(version)


def migrate(connection: Connection) -> None:
    """Bring the tables to the newest version. The caller has begun a transaction, and nobody else writes."""
    from sqlalchemy import text

    version = version_of(connection)
    if version == len(MIGRATIONS):
        return
    blob = "BYTEA" if connection.dialect.name == "postgresql" else "BLOB"
    for statement in (statement for migration in MIGRATIONS[version:] for statement in migration):
        connection.execute(text(statement.replace("{blob}", blob)))
    connection.execute(text(f"UPDATE {VERSION_TABLE} SET version = :version"), {"version": len(MIGRATIONS)})
