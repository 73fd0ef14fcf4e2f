"""What child processes of tests find: it fails the test that started them, or is a failure of its own."""

import os
import shutil
import tempfile

import pytest

from tests.processes.runs import ABBA
from tests.pytest_plugin.pytest_runs import HEAD, SPLAT

pytest_plugins = ["pytester", "tests.pytest_plugin.pytest_runs"]

CHILD = """
import os, signal, subprocess, sys, threading, multiprocessing
import work
def start(method, name="abba"):
    target = getattr(work, name)
    child = multiprocessing.get_context(method).Process(target=target)
    child.start()
    child.join()
    assert child.exitcode == 0
def run(name="abba"):
    subprocess.run([sys.executable, "-c", f"import work; work.{name}()"], check=True)
"""
KINDS = {
    "fork": "start('fork', NAME)",
    "spawn": "start('spawn', NAME)",
    "forkserver": "start('forkserver', NAME)",
    "subprocess": "run(NAME)",
}


@pytest.fixture
def children(run, pytester, monkeypatch):
    """Run pytest on a file whose tests start child processes. No run directory may be left in TMPDIR."""
    pytester.makepyfile(work=ABBA)
    folder = tempfile.mkdtemp(prefix="t")  # not in pytest's: the address of a socket must be short
    monkeypatch.setenv("TMPDIR", folder)
    monkeypatch.setenv("PYTHONPATH", str(pytester.path), prepend=os.pathsep)

    def run_children(source, *arguments, on=True):
        result = run(CHILD + source, *arguments, on=on)
        assert [name for name in os.listdir(folder) if name.startswith("lockdep")] == []
        return result

    yield run_children
    shutil.rmtree(folder)


@pytest.mark.parametrize("kind", KINDS)
def test_a_finding_of_a_child_fails_the_test_that_waits_for_it(children, kind):
    call = KINDS[kind].replace("NAME", "'abba'")
    result = children(f"def test_before(): pass\ndef test_child(): {call}\ndef test_after(): pass\n")

    result.assert_outcomes(passed=2, failed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "E * lockdep.LockInversion: possible circular locking dependency detected: work.py:3 a -> work.py:4 b",
            "*- lockdep -*",
            HEAD,
            "found in test_it.py::test_child, by * (pid *)",
            "lockdep (*): 1 error, 0 warnings in 2 processes; *",
        ]
    )
    assert result.text.count(SPLAT) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_child_is_silent(children, kind):
    result = children(f"def test_child(): {KINDS[kind].replace('NAME', repr('abab'))}\n")

    result.assert_outcomes(passed=1)
    assert (result.ret, SPLAT in result.text) == (0, False)
    result.stdout.fnmatch_lines(["lockdep (*): 0 errors, 0 warnings in 2 processes; *"])


def test_several_children_with_the_same_finding_fail_one_test(children):
    result = children("def test_one(): run()\ndef test_two(): start('spawn')\ndef test_three(): start('fork')\n")

    result.assert_outcomes(passed=2, failed=1)
    assert result.text.count(SPLAT) == 1


def test_a_child_that_nobody_waits_for_fails_what_runs_then_or_the_session(children):
    source = """
child = None
def test_start():
    global child
    child = multiprocessing.get_context("fork").Process(target=work.abba)
    child.start()
def test_join():
    child.join()
"""
    result = children(source, "--lockdep-exitcode=66")

    assert result.ret in (1, 66)
    assert result.text.count(SPLAT) == 1


@pytest.mark.parametrize("mark", ["allow='circular: *'", "fail_on='certain'"])
def test_markers_hold_for_children(children, mark):
    result = children(f"import pytest\n@pytest.mark.lockdep({mark})\ndef test_child(): run()\n")

    result.assert_outcomes(passed=1)
    assert result.ret == 0


def test_a_marked_test_has_its_children_watched(children):
    source = "import pytest\n@pytest.mark.lockdep\ndef test_child(): run()\ndef test_other(): run()\n"
    result = children(source, on=False)

    result.assert_outcomes(passed=1, failed=1)
    assert result.text.count(SPLAT) == 1


@pytest.mark.skipif(not pytest.importorskip("xdist"), reason="needs pytest-xdist")
def test_children_of_workers(children):
    result = children("def test_one(): run()\ndef test_two(): run('abab')\n", "-n2")

    result.assert_outcomes(passed=1, failed=1)
    assert result.text.count(SPLAT) == 1


def test_children_are_not_watched_on_request(children, pytester):
    pytester.makepyprojecttoml("[tool.lockdep]\nchildren = false\n")
    result = children("def test_one(): run()\ndef test_two(): start('fork')\n")

    result.assert_outcomes(passed=2)
    assert result.ret == 0


def test_halves_in_the_test_and_in_its_child_fail_the_session(children, pytester):
    pytester.makepyfile(work=ABBA + "\na = threading.Lock()\nb = threading.Lock()\ndef ba():\n    with b, a: pass\n")
    source = "def test_halves():\n    with work.a, work.b: pass\n    run('ba')\n"
    result = children(source, "--lockdep-exitcode=66")

    result.assert_outcomes(passed=1)
    assert result.ret == 66
    result.stdout.fnmatch_lines(["lockdep: 1 finding outside of failed tests", HEAD])
    assert children(source.replace("'ba'", "'abab'")).ret == 0
