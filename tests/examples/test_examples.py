"""The examples are reported as their docstrings say, and the corrected version of each is silent, on both builds."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT

EXAMPLES = {
    "01_abba.py": "possible circular locking dependency detected",
    "02_three_lock_ring.py": "possible circular locking dependency detected",
    "03_recursion.py": "possible recursive locking detected",
    "04_join_while_holding.py": "possible deadlock: waiting for a thread that takes a held lock",
    "05_queue.py": "possible circular locking dependency detected",
    "06_logging_callback.py": "possible circular locking dependency detected",
}
MENTIONED = {  # what each report must contain
    "01_abba.py": ("01_abba.py:12 accounts", "01_abba.py:13 audit", "transfer", "report"),
    "02_three_lock_ring.py": ("self.orders_lock", "self.stock_lock", "self.prices_lock", "took C, then A"),
    "03_recursion.py": ("03_recursion.py:19 self._lock", "Cache.put", "Cache.shrink", "certain"),
    "04_join_while_holding.py": ("holding.py:18 self._lock", "heartbeat", "Heartbeat.stop", "Heartbeat._run"),
    "05_queue.py": ("queue.Queue.mutex made at examples/05_queue.py:21", "05_queue.py:19 self.lock", "Job.__lt__"),
    "06_logging_callback.py": ("06_logging_callback.py:19 self._lock", "logging/__init__.py", "emit metrics.count("),
}
TITLE = ("ERROR: ", "WARNING: ", "[ BUG: ", "BUG: ")
SILENT = Path(__file__).parent / "silent"


@dataclass
class Done:
    """How a program ended, and what it wrote."""

    status: int
    out: str
    err: str


def run(program: Path, pure: str, *how: str) -> Done:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LOCKDEP_OPTIONS")}
    environment = {**clean, "PYTHONPATH": str(ROOT), "LOCKDEP_PURE": pure, "LOCKDEP_REQUIRE_COMPILED": ""}
    command = [sys.executable, *how, str(program)]
    done = subprocess.run(
        command, cwd=program.parent, env=environment, capture_output=True, text=True, timeout=PROGRAM_LIMIT
    )
    return Done(done.returncode, done.stdout, done.stderr)


def titles(text: str) -> list[str]:
    lines = [line.strip("[ ]").partition(": ")[2] for line in text.splitlines() if line.startswith(TITLE)]
    return [re.sub(r"( \])?( at \S+:\d+)?( +\[[0-9a-f]{12})?$", "", line) for line in lines]


def test_every_example_is_listed_and_has_a_corrected_version() -> None:
    assert sorted(path.name for path in (ROOT / "examples").glob("*.py")) == sorted(EXAMPLES)
    assert sorted(path.name for path in SILENT.glob("*.py")) == sorted(EXAMPLES)


@pytest.mark.parametrize("pure", ["0", "1"], ids=["built", "pure"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_mistake_of_an_example_is_reported(name: str, pure: str) -> None:
    done = run(ROOT / "examples" / name, pure, "-m", "lockdep", "run")

    assert titles(done.err) == [EXAMPLES[name]], done.err
    assert [text for text in MENTIONED[name] if text not in " ".join(done.err.split())] == [], done.err
    assert done.err.splitlines()[-1].startswith("lockdep (")
    assert done.status == 66


@pytest.mark.parametrize("pure", ["0", "1"], ids=["built", "pure"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_corrected_version_is_silent(name: str, pure: str) -> None:
    done = run(SILENT / name, pure, "-m", "lockdep", "run")

    assert titles(done.err) == []
    assert " 0 errors, 0 warnings;" in done.err
    assert done.status == 0


@pytest.mark.parametrize("folder", [ROOT / "examples", SILENT], ids=["examples", "twins"])
@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.any_build
def test_the_output_is_the_same_as_without_lockdep(folder: Path, name: str) -> None:
    plain = run(folder / name, "0")

    assert (plain.status, plain.err) == (0, "")
    assert run(folder / name, "0", "-m", "lockdep", "run").out == plain.out
