"""A program takes away what lockdep needs to import late, or to end: `__import__`, its modules, functions of os."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.worlds import program

REFUSES = """
import builtins, os, sys, threading
from concurrent.futures import ThreadPoolExecutor, wait

own = builtins.__import__

def refuse(name, names=None, *rest, **more):
    if (names or {}).get("__name__", "").startswith("lockdep"):
        raise ZeroDivisionError(name)
    return own(name, names, *rest, **more)

builtins.__import__ = refuse
a, b = threading.Lock(), threading.Lock()

def nest(first, second):
    with first, second:
        pass

def in_thread(*locks):
    thread = threading.Thread(target=nest, args=locks)
    thread.start()
    thread.join()

def in_child(*locks):
    pid = os.fork()
    if pid == 0:
        in_thread(*locks)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0

in_thread(a, b)
with ThreadPoolExecutor(2) as executor:
    assert len(wait([executor.submit(nest, a, b)]).done) == 1
"""
REST = """
assert builtins.__import__ is refuse
print("done")
"""


def run(folder: Path, middle: str) -> subprocess.CompletedProcess[str]:
    done = program(folder, REFUSES + middle + REST)
    assert done.stdout == "done\n", done.stderr
    assert "ZeroDivisionError" not in done.stderr
    return done


@pytest.mark.parametrize("how", ["in_thread", "in_child"])
def test_a_finding_is_told_all_the_same(tmp_path: Path, how: str) -> None:
    done = run(tmp_path, f"{how}(b, a)")
    assert done.returncode == 66
    assert done.stderr.count("possible circular locking dependency") == 1
    assert "1 error, 0 warnings" in done.stderr


@pytest.mark.parametrize("how", ["in_thread", "in_child"])
def test_nothing_is_told_where_nothing_is_wrong(tmp_path: Path, how: str) -> None:
    done = run(tmp_path, f"{how}(a, b)")
    assert done.returncode == 0
    assert "0 errors, 0 warnings" in done.stderr


GONE = """
import sys, threading

a, b = threading.Lock(), threading.Lock()

def in_thread(first, second):
    def nest():
        with first, second:
            pass
    thread = threading.Thread(target=nest)
    thread.start()
    thread.join()

for name in [name for name in sys.modules if name.split(".")[0] == "lockdep"]:
    del sys.modules[name]
in_thread(a, b)
"""


@pytest.mark.parametrize(("locks", "status"), [("b, a", 66), ("a, b", 0)])
def test_modules_that_are_gone_lose_no_finding(tmp_path: Path, locks: str, status: int) -> None:
    done = program(tmp_path, GONE + f"in_thread({locks})")
    assert done.returncode == status, done.stderr
    assert f"{int(status != 0)} error" in done.stderr
    assert " 0 lock classes" not in done.stderr


FAILS = """
import os, sys

def fail(*_, **__):
    raise ZeroDivisionError

for name in ("write", "open", "rename", "unlink", "scandir", "fstat", "urandom"):
    setattr(os, name, fail)
sys.exit(3)
"""


def test_the_status_stays_where_nothing_at_the_end_works(tmp_path: Path) -> None:
    done = program(tmp_path, FAILS)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
