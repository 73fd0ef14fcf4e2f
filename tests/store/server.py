"""A server of PostgreSQL for tests, if the programs for one are on the machine: no TCP, nothing is synced to disk."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.patience import THREAD_LIMIT

USERS = ("postgres", "nobody")  # one of whom runs the server in place of root, whom initdb refuses


def find_program(name: str) -> str | None:
    """Return the path of a program of PostgreSQL. Debian has them outside of the PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *map(str, versions)]))


def reason_against() -> str | None:
    """Return why no server can be started here; None if one can."""
    if find_program("initdb") is None or find_program("pg_ctl") is None:
        return "no initdb and pg_ctl: apt-get install postgresql"
    if os.geteuid() == 0 and user_of_server() is None:
        return "initdb refuses root, and there is no other user"
    return None


def user_of_server() -> str | None:
    """Return the user who is to run the server if root runs the tests; None if that is this user."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in USERS if name in known), None)


@contextmanager
def server() -> Iterator[str]:
    """Give the URL of an empty database of a new server."""
    user = user_of_server()
    folder = Path(tempfile.mkdtemp(prefix="lockdep-pg-"))  # a short path: that of the socket may have 107 characters
    if user is not None:
        shutil.chown(folder, user)
    data = folder / "data"
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    try:
        run(user, folder, "initdb", "-D", data, "-U", "lockdep", "-A", "trust", "--no-sync", "--locale=C", "-E", "UTF8")
        run(
            user,
            folder,
            "pg_ctl",
            "-D",
            data,
            "-w",
            "-t",
            int(THREAD_LIMIT),
            "-l",
            folder / "log",
            "-o",
            options,
            "start",
        )
        try:
            yield f"postgresql://lockdep@/postgres?host={folder}"
        finally:
            run(user, folder, "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def run(user: str | None, folder: Path, name: str, *arguments: object) -> None:
    """Run a program of PostgreSQL as this user."""
    program = find_program(name)
    assert program is not None
    with (folder / f"{name}.told").open("wb") as told:  # no pipe: the server would keep it open
        done = subprocess.run(
            [program, *map(str, arguments)], user=user, cwd=folder, stdin=subprocess.DEVNULL, stdout=told, stderr=told,
            timeout=THREAD_LIMIT,
        )  # fmt: skip
    assert done.returncode == 0, (folder / f"{name}.told").read_text()
