"""A plugin with the fixture `run`, which runs pytest in a process of its own, and the test files for such runs.

The module is imported before pytest loads it as a plugin, too late to rewrite asserts. It has none, and asks not to be
rewritten: PYTEST_DONT_REWRITE.
"""

import time
from pathlib import Path

import pytest

from tests.patience import PROGRAM_LIMIT
from tests.pytest_plugin.fork_server import ForkServer

ROOT = str(Path(__file__).parents[2])

LOCKS = """
import threading, unittest, pytest, lockdep as ld
A = threading.Lock()
B = threading.Lock()

def ab():
    with A:
        with B: pass
def ba():
    with B:
        with A: pass
def in_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
"""
INVERSION = LOCKS + "def test_ab(): ab()\ndef test_ba(): ba()\n"
CLEAN = LOCKS + "def test_ab(): ab()\ndef test_ab_again(): ab()\n"
FAILURE = "lockdep.LockInversion: possible circular locking dependency detected: test_it.py:2 A -> test_it.py:3 B"
SPLAT = "ERROR: possible circular locking dependency detected"
HEAD = f"{SPLAT} *"
ENTRY = "circular: test_it.py:2 A -> test_it.py:3 B  # agreed"


@pytest.fixture(scope="session")
def fork_server():
    server = ForkServer()
    yield server
    server.close()


@pytest.fixture
def run(pytester, monkeypatch, fork_server):
    """Run pytest on a file test_it.py and return its result. Its attribute `text` has both output streams."""
    for name in ("LOCKDEP_OPTIONS", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", ROOT)

    def run(source, *arguments, on=True):
        pytester.makepyfile(test_it=source)
        switch = ["--lockdep"] if on else []
        # Hypothesis' plugin is not needed here, and takes four times as long to load as all the rest.
        plugins = ["-p", "lockdep.pytest_plugin", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
        command = [f"--basetemp={pytester.path / 'tmp'}", *plugins, "--strict-markers", *switch, *arguments]
        stdout, stderr = pytester.path / "stdout", pytester.path / "stderr"
        began = time.monotonic()
        status = fork_server.run(command, pytester.path, stdout, stderr, PROGRAM_LIMIT)
        duration = time.monotonic() - began
        result = pytest.RunResult(status, *(file.read_text().splitlines() for file in (stdout, stderr)), duration)
        result.text = f"{result.stdout}\n{result.stderr}"
        return result

    return run
