"""Sub-interpreters, which share the process and either the GIL or nothing: each validates its own locks."""

import sys
from pathlib import Path

import pytest

from lockdep.fastpath import _build
from tests.worlds import PLAIN, program

BUILDS = pytest.mark.parametrize("pure", ["0", "1"], ids=["built", "pure"])

CREATE = (
    """
import _interpreters
def run(kind, source):
    inner = _interpreters.create({"shared": "legacy", "own": "isolated"}[kind])
    failed = _interpreters.exec(inner, source)
    _interpreters.destroy(inner)
    return failed
"""
    if sys.version_info >= (3, 13)
    else """
import _xxsubinterpreters
def run(kind, source):
    inner = _xxsubinterpreters.create(isolated=kind == "own")
    _xxsubinterpreters.run_string(inner, source)
    _xxsubinterpreters.destroy(inner)
"""
)

INSIDE = """
import lockdep, threading
lockdep.install()
from lockdep import fastpath
lock, other, condition = threading.Lock(), threading.RLock(), threading.Condition()

def take(outer, inner):
    with outer, inner:
        pass

def sound():
    take(lock, other)
    with condition:
        condition.wait(0.01)

if THREADS:
    thread = threading.Thread(target=sound)
    thread.start()
    thread.join()
sound()
print(fastpath.BUILD, [finding.slug for finding in lockdep.findings()], flush=True)
take(other, lock)
print([finding.slug for finding in lockdep.findings()], flush=True)
"""

AROUND = (
    CREATE
    + """
import lockdep, sys, threading
lockdep.install()
from lockdep import fastpath
lock, other = threading.Lock(), threading.RLock()
def take(outer, inner):
    with outer, inner:
        pass
take(lock, other)
inside = '''INSIDE'''
# Before 3.12, a sub-interpreter with a GIL of its own is one without threads.
print("failed:", [run(kind, inside.replace("THREADS", str(kind == "shared" or sys.version_info >= (3, 12))))
                  for kind in ("shared", "own")])
print(type(lock).__module__, [finding.slug for finding in lockdep.findings()], len(fastpath.threads()))
take(other, lock)
print([finding.slug for finding in lockdep.findings()], fastpath.BUILD)
"""
)


@BUILDS
def test_each_interpreter_validates_its_own_locks(tmp_path: Path, pure: str) -> None:
    done = program(tmp_path, AROUND.replace("INSIDE", INSIDE), command=PLAIN, LOCKDEP_PURE=pure)

    build = "compiled" if pure == "0" and _build.all_built() else "pure"
    inside = ["pure []", "['circular']"]
    outside = ["failed: [None, None]", "_thread [] 1", f"['circular'] {build}"]
    assert done.stdout.splitlines() == [*inside, *inside, *outside], done.stderr
