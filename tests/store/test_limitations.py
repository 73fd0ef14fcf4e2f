"""What docs/limitations.md lists about stores. Each test is a strict xfail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

from lockdep.snapshots.snapshot import Snapshot
from tests.patience import PROGRAM_LIMIT
from tests.snapshots.snapshot_makers import seen
from tests.sourcetree import ROOT

pytestmark = pytest.mark.once

KILLED = """
import os, signal, threading
A = threading.Lock()
B = threading.Lock()
with A:
    with B: pass
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.xfail(reason="a lock class is named by the line that makes it")
def test_halves_of_two_versions_are_joined_though_lines_have_moved(url, push, lockdep):
    moved = Snapshot.parse(seen("2", "BA").dumps().replace("app.py:", "app.py:4"), "moved")
    push(url, seen("1", "AB"), version="1.4")
    push(url, moved, version="1.5")

    assert lockdep("report", "--store", url, "--fail-on", "potential")[2] == 66


@pytest.mark.xfail(reason="what was seen is stored at the end of the run only")
def test_a_run_that_is_killed_is_in_the_store(tmp_path: Path) -> None:
    (tmp_path / "prog.py").write_text(KILLED)
    command = [sys.executable, "-m", "lockdep", "run", "--store", "fleet.db", "prog.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}

    subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=PROGRAM_LIMIT)

    assert (tmp_path / "fleet.db").exists()
