"""The database of a store: connections, and transactions of which there is one at a time.

SQLAlchemy is imported when a store is opened. A writer waits for the one before it, for SECONDS at most: SQLite has one
lock for its file, and in PostgreSQL all writers take the same one. What a writer has done is there as a whole when it
has ended, or not at all, however it ends. A reader has no transaction: each part is read by itself, so that a long
report keeps no writer waiting.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from lockdep.store.address import Address, StoreError
from lockdep.store.schema import MIGRATIONS, migrate, version_of

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

SECONDS = 20  # that a writer waits for its turn
CONNECT_SECONDS = 10  # that a server has to answer
PAUSES = (0.2, 0.4)  # seconds before each further try, for a server that has ended the connection or starts just now
WRITERS = 0x6C6F636B64657021  # the number of the lock of PostgreSQL that a writer holds
_Result = TypeVar("_Result")


class Store:
    """A database in which parts are kept. Every method raises StoreError, with one line, if it cannot be used."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._engine = engine_of(address)

    def write(self, action: Callable[[Connection], _Result]) -> _Result:
        """Return what the action returns, whose changes are made as a whole. It is called again if a server fails."""
        from sqlalchemy.exc import OperationalError

        with self._in_one_line():
            for pause in () if self.address.url is None else PAUSES:  # SQLite has waited already
                with suppress(OperationalError):
                    return self._write_once(action)
                time.sleep(pause)
            return self._write_once(action)

    def _write_once(self, action: Callable[[Connection], _Result]) -> _Result:
        with self._engine.connect() as connection:  # to close it without a commit is to roll back
            begin(connection)
            migrate(connection)
            result = action(connection)
            connection.exec_driver_sql("COMMIT")
        return result

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection for queries. The tables are brought to the version of this lockdep before, if need be."""
        with self._in_one_line():
            if self.address.path is not None and not os.path.isfile(self.address.path):
                raise StoreError("there is no such file")
            with self._engine.connect() as connection:
                version = version_of(connection)
            if not version:
                raise StoreError("there is nothing in it yet; see `lockdep push --help`")
            if version < len(MIGRATIONS):
                self.write(lambda _: None)
            with self._engine.connect() as connection:
                yield connection

    @contextmanager
    def _in_one_line(self) -> Iterator[None]:
        """Turn what SQLAlchemy raises for its drivers into a StoreError that names the store."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except SQLAlchemyError as error:
            raise StoreError(f"store {self.address}: {one_line(error)}") from None
        except StoreError as error:
            start = f"store {self.address}: "
            raise StoreError(start + str(error).removeprefix(start)) from None


def one_line(error: Exception) -> str:
    """Return what a driver says, without the statement that SQLAlchemy adds."""
    return f"{' '.join(str(getattr(error, 'orig', None) or error).split()):.300}"


def engine_of(address: Address) -> Engine:
    """Return what makes connections. Each is closed after its use, and begins no transaction by itself."""
    try:
        import sqlalchemy
    except ImportError:
        raise StoreError("a store needs SQLAlchemy: pip install lockdep[store]") from None
    if int(sqlalchemy.__version__.partition(".")[0]) < 2:
        raise StoreError(f"a store needs SQLAlchemy 2 or newer, and {sqlalchemy.__version__} is installed")
    options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "poolclass": sqlalchemy.NullPool}
    if address.url is None:
        url = sqlalchemy.URL.create("sqlite", database=address.path)
        return sqlalchemy.create_engine(url, connect_args={"timeout": SECONDS}, **options)
    limits = f"-c lock_timeout={SECONDS}s -c statement_timeout={3 * SECONDS}s"
    given = {"connect_timeout": CONNECT_SECONDS, "options": limits, "client_encoding": "utf8"}
    try:
        return sqlalchemy.create_engine(address.url, connect_args=given, **options)
    except ImportError:
        raise StoreError("a store of PostgreSQL needs psycopg: pip install lockdep[postgresql]") from None
    except (sqlalchemy.exc.ArgumentError, ValueError):  # it may show the password
        raise StoreError(f"malformed URL: {address}") from None


def begin(connection: Connection) -> None:
    """Begin a transaction as soon as the writers before it have ended."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")
