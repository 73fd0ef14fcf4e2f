"""A program puts a function of its own in the place of `builtins.__import__`, which fails for lockdep."""

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
