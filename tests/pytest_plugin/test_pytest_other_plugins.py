"""The pytest plugin together with pytest-xdist and pytest-timeout."""

import xml.etree.ElementTree as ElementTree
from importlib.util import find_spec

import pytest

from tests.pytest_plugin.pytest_runs import CLEAN, ENTRY, FAILURE, HEAD, INVERSION, LOCKS, SPLAT

pytest_plugins = ["pytester", "tests.pytest_plugin.pytest_runs"]
XDIST = pytest.mark.skipif(find_spec("xdist") is None, reason="needs pytest-xdist")


@XDIST
@pytest.mark.parametrize("body", ["ab(); ba()", "ab(); ab()"])
def test_xdist_fails_the_test_with_the_inversion(run, body):
    names = ("a", "b", "c")
    result = run(LOCKS + "".join(f"def test_{name}(): {body if name == 'b' else 'pass'}\n" for name in names), "-n2")
    if "ba" in body:
        result.assert_outcomes(passed=2, failed=1)
        result.stdout.fnmatch_lines([f"E * {FAILURE}", "*- lockdep -*", HEAD])
    else:
        result.assert_outcomes(passed=3)
        assert result.ret == 0
    result.stdout.fnmatch_lines(["[[]gw0] lockdep (*): *", "[[]gw1] lockdep (*): *"])


@XDIST
def test_xdist_a_finding_at_import_fails_the_session(run):
    result = run(LOCKS + "ab(); ba()\ndef test_passes(): pass\n", "-n2", "--lockdep-exitcode=66")
    result.assert_outcomes(passed=1)
    assert result.ret == 66
    result.stdout.fnmatch_lines(["lockdep: 2 findings outside of failed tests", HEAD])


@XDIST
def test_xdist_the_controller_does_not_install_lockdep(run, pytester):
    pytester.makeconftest(
        "import lockdep, sys\n"
        "def pytest_sessionfinish(session):\n"
        "    if not hasattr(session.config, 'workerinput'): print('controller:', 'lockdep.patch' in sys.modules)\n"
    )
    run(CLEAN, "-n2", "-s").stdout.fnmatch_lines(["*controller: False"])


@XDIST
def test_xdist_a_worker_that_crashes_fails_only_its_test(run):
    result = run(CLEAN + "def test_crash(): import os; os._exit(3)\n", "-n2")
    result.assert_outcomes(passed=2, failed=1)


APART = "-n2"  # a file with two tests: each worker gets one of them


@XDIST
@pytest.mark.parametrize("ci", ["", "true"])  # pytest cuts no message short where CI is set
def test_xdist_an_inversion_across_workers_is_a_failure_of_its_own(run, pytester, monkeypatch, ci):
    monkeypatch.setenv("CI", ci)
    result = run(INVERSION, APART, "--lockdep-exitcode=66", f"--junitxml={pytester.path}/junit.xml")
    result.assert_outcomes(passed=2, failed=1)
    assert result.ret == 66
    result.stdout.fnmatch_lines([
        "lockdep.LockInversion: *",
        HEAD,
        "MainThread in gw[01] took *, then *",
        "error, potential: no single run saw the whole cycle: *",
        "A -> B  first seen in test_it.py::test_ab [[]gw[01]]",
        "B -> A  first seen in test_it.py::test_ba [[]gw[01]]",
        "found in the workers of xdist together",
        "FAILED lockdep-in-all-workers::circular[[]*] - lockdep.LockInversion*",
    ])  # fmt: skip
    assert result.text.count(SPLAT) == 1
    cases = ElementTree.parse(pytester.path / "junit.xml").getroot().findall("testsuite/testcase")
    assert [case.get("classname") for case in cases if case.find("failure") is not None] == ["lockdep-in-all-workers"]
    assert len(cases) == 3


@XDIST
def test_xdist_an_inversion_in_one_worker_is_reported_once(run):
    result = run(INVERSION, "-n1")
    result.assert_outcomes(passed=1, failed=1)
    assert result.text.count(SPLAT) == 1


@XDIST
def test_xdist_the_same_order_in_all_workers_is_no_finding(run):
    result = run(CLEAN, APART)
    result.assert_outcomes(passed=2)
    assert (result.ret, SPLAT in result.text) == (0, False)


@XDIST
def test_xdist_suppressions_apply_across_workers(run, pytester):
    pytester.makepyprojecttoml(f"[tool.lockdep]\nsuppress = ['{ENTRY}']")
    result = run(INVERSION, APART)
    result.assert_outcomes(passed=2)
    assert (result.ret, SPLAT in result.text, "unused suppression" in result.text) == (0, False, False)


@XDIST
def test_xdist_fail_on_applies_across_workers(run, pytester):
    pytester.makeini("[pytest]\nlockdep_fail_on = certain")
    result = run(INVERSION, APART)
    assert (result.ret, result.text.count(SPLAT), "outside of failed tests" in result.text) == (0, 1, False)


HANG = "    waits = threading.Semaphore(0)\n    waits.acquire()\n"


@pytest.mark.skipif(find_spec("pytest_timeout") is None, reason="needs pytest-timeout")
@pytest.mark.parametrize("method", ["signal", "thread"])
def test_a_finding_is_shown_once_before_a_timeout(run, method):
    result = run(LOCKS + "def test_hangs():\n    ab(); ba()\n" + HANG, f"--timeout-method={method}", "--timeout=1")
    assert result.ret == 1
    assert result.text.count(SPLAT) == 1


@pytest.mark.skipif(find_spec("pytest_timeout") is None, reason="needs pytest-timeout")
@pytest.mark.parametrize("method", ["signal", "thread"])
def test_a_timeout_that_does_not_expire_changes_nothing(run, method):
    run(CLEAN, f"--timeout-method={method}", "--timeout=30").assert_outcomes(passed=2)


TABLE = "*lockdep: lock statistics*"
COLUMNS = "waited longest    held longest"


def rows(result):
    """Return (class, acquisitions) for the rows of the table of lock statistics."""
    table = result.text.partition(COLUMNS)[2]
    cells = [line.split() for line in table.splitlines() if line.startswith("test_it.py")]
    return [(f"{place} {name}", int(taken)) for place, name, taken, *_ in cells]


def test_stat_prints_the_lock_statistics_at_the_end(run):
    result = run(CLEAN, "--lockdep-stat", on=False)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["lockdep: * build, *", TABLE, f"lock *{COLUMNS}"])
    assert sorted(rows(result)) == [("test_it.py:2 A", 2), ("test_it.py:3 B", 2)]


def test_without_stat_no_table_is_printed(run):
    assert COLUMNS not in run(CLEAN).text


def test_no_lockdep_overrides_stat(run):
    result = run(CLEAN, "--no-lockdep", "--lockdep-stat", on=False)
    result.assert_outcomes(passed=2)
    assert COLUMNS not in result.text


@XDIST
def test_xdist_lock_statistics_of_the_workers_are_added(run):
    result = run(CLEAN, APART, "--lockdep-stat", on=False)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines([TABLE])
    assert result.text.count(COLUMNS) == 1
    assert sorted(rows(result)) == [("test_it.py:2 A", 2), ("test_it.py:3 B", 2)]


@XDIST
def test_xdist_prints_no_table_if_lockdep_is_off(run):
    assert COLUMNS not in run(CLEAN, APART, "--no-lockdep", "--lockdep-stat", on=False).text


FINALIZER = """
import gc, threading
lock = threading.Lock()
class Resource:
    def __init__(self): self.me = self
    def __del__(self):
        with lock: pass
def test_drop(): Resource()
def test_use():
    with lock: pass
def test_threshold(): assert gc.get_threshold() == (50, 5, 5)
"""


def test_gc_runs_finalizers_after_the_test_that_drops_their_objects(run):
    result = run(FINALIZER, "--lockdep-gc", on=False)
    result.assert_outcomes(passed=2, failed=1)
    assert "LockInversion: inconsistent lock state" in result.text
    assert "FAILED test_it.py::test_use" in result.text


def test_without_gc_the_collector_runs_as_usual(run):
    assert "FAILED test_it.py::test_threshold" in run(FINALIZER).text
