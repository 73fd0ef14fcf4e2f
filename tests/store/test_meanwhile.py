"""What `lockdep run --store` stores while the program runs, at intervals, by a process that is no child of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

from lockdep.processes.following import Watch
from lockdep.store.address import StoreError
from lockdep.store.fleet import Choice, gather
from tests.patience import PROGRAM_LIMIT, THREAD_LIMIT
from tests.sourcetree import ROOT
from tests.store.contents import parts, store_at

pytestmark = pytest.mark.once

# Its first child has seen locks, too. It waits for all children that it has: those of lockdep would keep it for ever.
PROGRAM = """
import os, sys, threading
A, B, C = threading.Lock(), threading.Lock(), threading.Lock()
with A, B: pass
if not os.fork():
    with B, C: pass
    sys.exit()
try:
    while True: os.wait()
except ChildProcessError:
    print("no child", flush=True)
sys.stdin.readline()
with A, C: pass
sys.stdin.readline()
"""


@contextmanager
def running(folder: Path, store: str) -> Iterator[subprocess.Popen[str]]:
    """Start the program, and wait until it has no child any more."""
    (folder / "prog.py").write_text(PROGRAM)
    (folder / "temporary").mkdir()
    kept = {name: value for name, value in os.environ.items() if name != "LOCKDEP_OPTIONS"}
    with subprocess.Popen(
        [sys.executable, "-m", "lockdep", "run", "--store", store, "--store-every", "1", "--host", "web-1", "prog.py"],
        cwd=folder, env={**kept, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "temporary")},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "no child\n"
            yield process
        finally:
            process.kill()


def until(condition: Callable[[], object]) -> None:
    """Wait until something is true."""
    limit = time.monotonic() + THREAD_LIMIT
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.05)


def go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def stored(url: str) -> set[str]:
    """Return the dependencies in the store, by the names of their variables."""
    try:
        found = gather(store_at(url), Choice()).snapshot.dependencies
    except StoreError:  # there is none yet
        return set()
    return {one.prev.split()[1] + one.next.split()[1] for one in found if one.prev.startswith("prog.py:")}


def in_directory(folder: Path, pattern: str) -> str:
    """Return what the processes of the run have written."""
    return "".join(path.read_text() for path in (folder / "temporary").glob(f"lockdep-run-*/{pattern}"))


def test_what_was_seen_before_the_last_interval_outlives_sigkill(tmp_path: Path) -> None:
    url = str(tmp_path / "fleet.db")
    with running(tmp_path, url) as process:
        until(lambda: {"AB", "BC"} <= stored(url))  # while it runs, and of all its processes
        assert stored(url) == {"AB", "BC"}
        go_on(process)
        until(lambda: in_directory(tmp_path, f"{process.pid}-*.json").count('"wanted"') > 1)
        process.send_signal(signal.SIGKILL)
        until(lambda: not list((tmp_path / "temporary").iterdir()))

    assert stored(url) == {"AB", "BC", "AC"}
    assert parts(url) == 1


def test_what_could_not_be_stored_meanwhile_is_said_at_the_end(tmp_path: Path) -> None:
    with running(tmp_path, "postgresql://me:secret@127.0.0.1:1/fleet") as process:
        until(lambda: in_directory(tmp_path, "store.failed"))
        go_on(process)
        go_on(process)
        _, told = process.communicate(timeout=PROGRAM_LIMIT)

    assert process.returncode == 0
    summary, meanwhile, at_the_end = told.splitlines()
    assert summary.startswith("lockdep (")
    assert meanwhile.startswith(
        "lockdep: note: while the program ran, what was seen could not be stored 1 time, at last: store "
    )
    assert at_the_end.startswith("lockdep: error: what was seen is not stored: store postgresql://me:***@127.0.0.1:1/")
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("known", [True, False], ids=["pidfd", "looks"])
def test_the_end_of_another_process_is_noticed(known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not known:
        monkeypatch.delattr(os, "pidfd_open", raising=False)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        watch = Watch(process.pid)
        assert not watch.ends_within(0.01)
        process.communicate(b"\n")
    assert watch.ends_within(PROGRAM_LIMIT)
    assert Watch(process.pid).ends_within(PROGRAM_LIMIT)
