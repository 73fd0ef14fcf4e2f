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

# What the first process of a container is, too: the parent of all that have lost theirs.
SUBREAPER = """
import ctypes, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
from lockdep.cli import main
sys.exit(main())
"""
CHILDLESS = """
import os
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    os._exit(7)
"""


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.xfail(reason="a lock class is named by the line that makes it")
def test_halves_of_two_versions_are_joined_though_lines_have_moved(url, push, lockdep):
    moved = Snapshot.parse(seen("2", "BA").dumps().replace("app.py:", "app.py:4"), "moved")
    push(url, seen("1", "AB"), version="1.4")
    push(url, moved, version="1.5")

    assert lockdep("report", "--store", url, "--fail-on", "potential")[2] == 66


@pytest.mark.skipif(sys.platform != "linux", reason="subreapers are of Linux")
@pytest.mark.xfail(reason="it is the parent of all that have lost theirs")
def test_the_first_process_of_a_container_has_no_child_of_ours(tmp_path: Path) -> None:
    (tmp_path / "prog.py").write_text(CHILDLESS)
    command = [sys.executable, "-c", SUBREAPER, "run", "--store", "fleet.db", "prog.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}

    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=PROGRAM_LIMIT)

    assert done.returncode == 7, done.stderr
