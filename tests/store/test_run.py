"""lockdep run --store: what a run has seen is in the store after its end, and its exit status is its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

from lockdep.processes import pushing
from lockdep.processes.pushing import Pushing
from lockdep.snapshots.records import ChainRecord
from lockdep.store.fleet import Choice, gather
from tests.patience import PROGRAM_LIMIT
from tests.snapshots.snapshot_makers import seen
from tests.sourcetree import ROOT
from tests.store.conftest import Told
from tests.store.contents import parts, rows, store_at

pytestmark = pytest.mark.once


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return the URL of an empty store, which is a file: to the program all databases are the same."""
    return f"sqlite:///{tmp_path / 'fleet.db'}"


NAMES = {"project": "shop", "version": None, "host": "web-1"}
# The command, which waits for the process that stores as long as tests do: this machine may be a slow one.
LOCKDEP = f"""
import sys
from lockdep.cli import main
from lockdep.processes import pushing
pushing.SECONDS = {PROGRAM_LIMIT}
sys.exit(main())
"""
PROGRAM = """
import os, signal, sys, threading
A = threading.Lock()
B = threading.Lock()
first, second = (A, B) if sys.argv[1] == "ab" else (B, A)
with first:
    with second: pass
"""
# How it ends; each has taken the locks before, and holds one of them at its end.
ENDS = {
    "exit": "sys.exit(3)",
    "os._exit": "A.acquire(); os._exit(3)",
    "signal": "A.acquire(); os.kill(os.getpid(), signal.SIGTERM); signal.pause()",
}
# What a program may have done to itself: nothing of it is used, and SQLAlchemy is not imported in its process.
SPOILT = """
import signal, subprocess, sys, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.environ.clear()
sys.executable = "/nowhere"
sys.modules["sqlalchemy"] = None
subprocess.Popen = time.sleep = os.waitpid = None
os.chdir("/")
"""
CHILD = """
if sys.argv[1] == "ab" and not os.fork():
    C = threading.Lock()
    with A:
        with C: pass
    sys.exit()
if sys.argv[1] == "ab":
    os.wait()
"""


def run(folder: Path, store: str, order: str, host: str, end: str = "") -> subprocess.CompletedProcess[str]:
    """Run the program with this end, and with the options for this store."""
    path = folder / "prog.py"
    path.write_text(f"{PROGRAM}{end}\n")
    command = [sys.executable, "-c", LOCKDEP, "run", "--store", store, "--project", "shop", "--host", host, "prog.py"]
    kept = {name: value for name, value in os.environ.items() if name != "LOCKDEP_OPTIONS"}
    return subprocess.run(
        [*command, order], cwd=folder, env={**kept, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        timeout=PROGRAM_LIMIT,
    )  # fmt: skip


def told(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what is said after the summary line."""
    return done.stderr.splitlines()[1:]


def test_what_runs_have_seen_on_several_hosts_is_one_report(url, tmp_path, lockdep):
    def told_after(order: str, host: str) -> Told:
        done = run(tmp_path, url, order, host)
        assert (done.returncode, told(done)) == (0, [])
        return lockdep("report", "--store", url, "--fail-on", "potential")

    assert told_after("ab", "web-1") == ("", "", 0)
    assert told_after("ab", "web-2") == ("", "", 0)
    text, error, status = told_after("ba", "web-3")

    assert (error, status) == ("", 66)
    assert text.endswith("  prog.py:3 A -> prog.py:4 B: web-1, web-2\n  prog.py:4 B -> prog.py:3 A: web-3\n")
    assert parts(url) == 3


@pytest.mark.parametrize("end", ENDS)
def test_however_the_program_ends_that_stays_and_what_it_saw_is_stored(url, tmp_path, end, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))

    done = run(tmp_path, url, "ab", "web-1", ENDS[end])

    assert done.returncode == (-signal.SIGTERM if end == "signal" else 3)
    assert told(done) == []
    assert parts(url) == 1
    assert list((tmp_path / "temporary").iterdir()) == []


def test_what_the_program_does_to_itself_is_no_hindrance(url, tmp_path):
    done = run(tmp_path, "fleet.db", "ab", "web-1", SPOILT)  # a path in the folder in which the run began

    assert (done.returncode, told(done)) == (0, [])
    assert parts(url) == 1


def test_all_processes_of_a_run_are_one_part(url, tmp_path):
    assert told(run(tmp_path, url, "ab", "web-1", CHILD)) == []

    assert parts(url) == 1
    assert rows(url, "SELECT count(*) FROM lockdep_runs") == [(2,)]


def test_a_store_that_cannot_be_reached_is_one_line_and_the_status_is_as_without(tmp_path):
    done = run(tmp_path, "postgresql://me:secret@127.0.0.1:1/fleet", "ab", "web-1")

    assert done.returncode == 0
    (line,) = told(done)
    assert line.startswith("lockdep: error: what was seen is not stored: store postgresql://me:***@127.0.0.1:1/fleet: ")


def test_a_server_that_never_answers_is_waited_for_a_limited_time(monkeypatch):
    monkeypatch.setattr(pushing, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        reason = Pushing(f"postgresql://127.0.0.1:{port}/fleet", NAMES).push(seen("1", "AB"))

    assert reason == f"no answer from postgresql://127.0.0.1:{port}/fleet within 0 s"


def test_of_what_is_too_large_the_chains_are_left_out_which_is_said(url, capfd, monkeypatch):
    chains = tuple(ChainRecord((("app.py:1 A", ""),), f"context {number}") for number in range(500))
    made = replace(seen("1", "AB"), chains=chains)
    monkeypatch.setattr(pushing, "MOST_BYTES", 10_000)

    assert Pushing(url, NAMES).push(made) == ""

    assert capfd.readouterr().err == "lockdep: 500 chains are not stored: what was seen has 0 MB\n"
    assert gather(store_at(url), Choice()).snapshot.dependencies == made.dependencies


def test_an_interrupt_ends_the_wait_and_the_process_that_stores(monkeypatch):
    def interrupt(process: int, options: int) -> bool:
        if options:
            pids.append(process)
            raise KeyboardInterrupt
        return real(process, options)

    pids: list[int] = []
    real = pushing.has_ended
    monkeypatch.setattr(pushing, "has_ended", interrupt)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        waiting = Pushing(f"postgresql://127.0.0.1:{silent.getsockname()[1]}/fleet", NAMES)
        with pytest.raises(KeyboardInterrupt):
            waiting.push(seen("1", "AB"))

    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
