"""Stores for tests: an empty one of each kind of database, and the command line on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lockdep.cli import main
from lockdep.snapshots.snapshot import Snapshot
from tests.store import server

Told = tuple[str, str, int]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Return the URL of a database of a server of PostgreSQL."""
    pytest.importorskip("psycopg")
    reason = server.reason_against()
    if reason:
        pytest.skip(reason)
    with server.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'fleet.db'}"
    made: str = request.getfixturevalue("postgresql")
    import psycopg

    with closing(psycopg.connect(made, autocommit=True)) as connection:
        connection.execute("DROP TABLE IF EXISTS lockdep_runs, lockdep_parts, lockdep_schema, further")
    return made


@pytest.fixture
def lockdep(capfd: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """Run `lockdep ...`; return (stdout, stderr, status)."""

    def run(*arguments: object) -> Told:
        capfd.readouterr()
        status = main([str(each) for each in arguments])
        return (*capfd.readouterr(), status)

    return run


@pytest.fixture
def push(lockdep: Callable[..., Told], tmp_path: Path) -> Callable[..., str]:
    """Push a snapshot from a host; return what is said."""

    def run(url: str, snapshot: Snapshot, host: str = "web-1", version: str = "1", project: str = "shop") -> str:
        path = tmp_path / "pushed.json"
        snapshot.save(path)
        told, error, status = lockdep("push", "--host", host, "--version", version, "--project", project, path, url)
        assert (error, status) == ("", 0), error
        return told.removeprefix(f"{path}: ").removesuffix(f" ({project} {version} on {host})\n")

    return run
