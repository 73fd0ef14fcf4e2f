"""The pytest plugin together with pytest-xdist and pytest-timeout."""

from importlib.util import find_spec

import pytest

from tests.pytest_plugin.pytest_runs import CLEAN, ENTRY, FAILURE, INVERSION, LOCKS, SPLAT

pytest_plugins = ["pytester", "tests.pytest_plugin.pytest_runs"]
pytestmark = pytest.mark.ends

XDIST = pytest.mark.skipif(find_spec("xdist") is None, reason="needs pytest-xdist")


@XDIST
@pytest.mark.parametrize("body", ["ab(); ba()", "ab(); ab()"])
def test_xdist_fails_the_test_with_the_inversion(run, body):
    names = ("a", "b", "c")
    result = run(LOCKS + "".join(f"def test_{name}(): {body if name == 'b' else 'pass'}\n" for name in names), "-n2")
    if "ba" in body:
        result.assert_outcomes(passed=2, failed=1)
        result.stdout.fnmatch_lines([f"E * {FAILURE}", "*Captured lockdep call*", SPLAT])
    else:
        result.assert_outcomes(passed=3)
        assert result.ret == 0
    result.stdout.fnmatch_lines(["[[]gw0] lockdep (*): *", "[[]gw1] lockdep (*): *"])


@XDIST
def test_xdist_a_finding_at_import_fails_the_session(run):
    result = run(LOCKS + "ab(); ba()\ndef test_passes(): pass\n", "-n2", "--lockdep-exitcode=66")
    result.assert_outcomes(passed=1)
    assert result.ret == 66
    result.stdout.fnmatch_lines(["lockdep: 2 findings outside of failed tests", SPLAT])


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
def test_xdist_an_inversion_across_workers_fails_the_run(run):
    result = run(INVERSION, APART, "--lockdep-exitcode=66")
    result.assert_outcomes(passed=2)
    assert result.ret == 66
    result.stdout.fnmatch_lines([
        "lockdep: 1 finding outside of failed tests",
        SPLAT,
        "thread MainThread in gw[01] is trying to acquire lock:",
        "evidence: potential (error): no single run saw the whole cycle: *",
        "test_it.py:2 A --> test_it.py:3 B: first seen in test_it.py::test_ab [[]gw[01]]",
        "test_it.py:3 B --> test_it.py:2 A: first seen in test_it.py::test_ba [[]gw[01]]",
        "found in the workers of xdist together",
    ])  # fmt: skip
    assert result.text.count(SPLAT) == 1


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


def rows(result):
    """Return (class, acquisitions) for the rows of the table of lock statistics."""
    table = result.text.partition("lock_stat version")[2]
    cells = [line.split(": ") for line in table.splitlines() if line.lstrip().startswith("test_it.py") and ": " in line]
    return [(name.strip(), int(numbers.split()[7])) for name, numbers in cells]


def test_stat_prints_the_lock_statistics_at_the_end(run):
    result = run(CLEAN, "--lockdep-stat", on=False)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["lockdep: * build, *", TABLE, "lock_stat version *"])
    assert sorted(rows(result)) == [("test_it.py:2 A", 2), ("test_it.py:3 B", 2)]


def test_without_stat_no_table_is_printed(run):
    assert "lock_stat" not in run(CLEAN).text


def test_no_lockdep_overrides_stat(run):
    result = run(CLEAN, "--no-lockdep", "--lockdep-stat", on=False)
    result.assert_outcomes(passed=2)
    assert "lock_stat" not in result.text


@XDIST
def test_xdist_lock_statistics_of_the_workers_are_added(run):
    result = run(CLEAN, APART, "--lockdep-stat", on=False)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines([TABLE])
    assert result.text.count("lock_stat version") == 1
    assert sorted(rows(result)) == [("test_it.py:2 A", 2), ("test_it.py:3 B", 2)]


@XDIST
def test_xdist_prints_no_table_if_lockdep_is_off(run):
    assert "lock_stat" not in run(CLEAN, APART, "--no-lockdep", "--lockdep-stat", on=False).text
