"""The pytest plugin, each scenario in a process of its own: which tests fail, what is shown, and the exit status."""

import subprocess
import sys
from xml.etree import ElementTree

import pytest

from tests.patience import PROGRAM_LIMIT
from tests.pytest_plugin.pytest_runs import CLEAN, ENTRY, FAILURE, HEAD, INVERSION, LOCKS, ROOT, SPLAT

pytest_plugins = ["pytester", "tests.pytest_plugin.pytest_runs"]
# -- a test during which a finding first appears


def test_an_inversion_fails_the_test_that_closes_it(run):
    result = run(INVERSION, "-ra")
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "lockdep: * build, fail_on=potential",
            f"E * {FAILURE}",
            "*- lockdep -*",
            HEAD,
            "A -> B  first seen in test_it.py::test_ab",
            "B -> A  first seen in test_it.py::test_ba",
            "found in test_it.py::test_ba",
            "lockdep (*): 1 error, 0 warnings; *",
            "FAILED test_it.py::test_ba - lockdep.LockInversion: possible circular *",
        ]
    )
    assert "lockdep/pytest" not in result.text  # neither our frames nor the runner's are shown
    assert "_pytest/" not in result.text


def test_a_report_names_options_that_pytest_has(run):
    more = "more    lockdep explain circular     --lockdep-style kernel     --lockdep-frames all"
    assert more in run(INVERSION).text
    kernel = run(INVERSION, "--lockdep-style=kernel", "--lockdep-frames=all").text
    assert "the existing dependency chain (in reverse order) is:" in kernel
    assert "test_it.py:2 A --> test_it.py:3 B: first seen in test_it.py::test_ab" in kernel


def test_one_order_is_silent(run):
    result = run(CLEAN)
    result.assert_outcomes(passed=2)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["lockdep (*): 0 errors, 0 warnings; *"])


@pytest.mark.parametrize("flag", ["-s", "--capture=sys", "--capture=fd"])
def test_a_splat_is_shown_once_in_every_capture_mode(run, flag):
    assert run(INVERSION, flag).text.count(SPLAT) == 1


def test_a_finding_in_a_thread_fails_the_test_that_started_it(run):
    source = "def test_ab(): in_thread(ab)\ndef test_ba(): in_thread(ba)\ndef test_later(): in_thread(ba)\n"
    result = run(LOCKS + source)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines([f"E * {FAILURE}", "found in test_it.py::test_ba"])


def test_a_failing_test_keeps_its_error_and_gets_the_section(run):
    result = run(LOCKS + "def test_both():\n    ab(); ba()\n    assert A is B, 'its own reason'\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E * AssertionError: its own reason", "*Captured lockdep call*", HEAD])
    assert FAILURE not in result.text


def test_a_skip_does_not_hide_a_finding(run):
    result = run(LOCKS + "def test_both():\n    ab(); ba()\n    pytest.skip('done')\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E * {FAILURE}"])


@pytest.mark.parametrize(("body", "outcome"), [("ab(); ba()", {"xfailed": 1}), ("ab(); ab()", {"failed": 1})])
def test_a_strict_xfail_can_expect_an_inversion(run, body, outcome):
    mark = "@pytest.mark.xfail(raises=ld.LockInversion, strict=True)\n"
    result = run(LOCKS + mark + f"def test_both(): {body}\n")
    result.assert_outcomes(**outcome)
    assert result.ret == ("failed" in outcome)


@pytest.mark.parametrize("phase", ["setup", "teardown"])
@pytest.mark.parametrize("work", ["ba", "ab"])
def test_a_finding_in_a_fixture_is_an_error_of_its_phase(run, phase, work):
    fixture = f"    {work}()\n    yield\n" if phase == "setup" else f"    yield\n    {work}()\n"
    result = run(LOCKS + "@pytest.fixture\ndef fixture():\n" + fixture + "ab()\ndef test_it(fixture): pass\n")
    if work == "ab":
        result.assert_outcomes(passed=1)
        assert result.ret == 0
    else:
        result.assert_outcomes(errors=1, passed=phase == "teardown")
        result.stdout.fnmatch_lines([
            f"*ERROR at {phase} of test_it*", "*- lockdep -*", f"found in test_it.py::test_it ({phase})",
        ])  # fmt: skip


@pytest.mark.parametrize("body", ["ab(); ba()", "ab(); ab()"])
def test_an_inversion_fails_a_unittest_test(run, body):
    result = run(LOCKS + f"class T(unittest.TestCase):\n    def test_it(self): {body}\n")
    result.assert_outcomes(failed=1) if "ba" in body else result.assert_outcomes(passed=1)


def test_a_finding_in_a_skipped_unittest_test_fails_the_session(run):
    result = run(LOCKS + "class T(unittest.TestCase):\n    def test_it(self): ab(); ba(); self.skipTest('done')\n")
    result.assert_outcomes(skipped=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["lockdep: 1 finding outside of failed tests", HEAD])


def test_a_thread_that_ends_with_a_held_lock_fails_the_test(run):
    result = run(LOCKS + "def test_it(): in_thread(threading.RLock().acquire)\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E * lockdep.LockInversion: thread ended with locks still held: *"])


def test_the_junit_file_has_the_finding(run, pytester):
    run(INVERSION, "--junitxml=out.xml")
    found = [element.get("value") for element in ElementTree.parse(pytester.path / "out.xml").iter("property")]
    assert len(found) == 1
    assert found[0].startswith(
        "error: possible circular locking dependency detected: test_it.py:2 A -> test_it.py:3 B ["
    )


# -- findings that belong to no test


@pytest.mark.parametrize(("file", "where"), [("conftest.py", "*"), ("test_it.py", "while collecting test_it.py")])
def test_an_inversion_at_import_fails_the_session(run, pytester, file, where):
    statements = LOCKS + "ab(); ba()\n"
    if file == "conftest.py":
        pytester.makeconftest(statements)
        statements = ""
    result = run(statements + "def test_passes(): pass\n", "--lockdep-exitcode=66")
    result.assert_outcomes(passed=1)
    assert result.ret == 66
    result.stdout.fnmatch_lines(["lockdep: 1 finding outside of failed tests", HEAD, f"found {where}"])


def test_one_order_at_import_is_silent(run):
    assert run(LOCKS + "ab(); ab()\ndef test_passes(): pass\n", "--lockdep-exitcode=66").ret == 0


def test_the_exit_status_of_failing_tests_is_kept(run):
    assert run(LOCKS + "ab(); ba()\ndef test_fails(): assert False\n", "--lockdep-exitcode=66").ret == 1


def test_a_finding_between_tests_fails_the_session(run, pytester):
    pytester.makeconftest("def pytest_runtest_logfinish(nodeid):\n    import test_it; test_it.between(nodeid)\n")
    source = LOCKS + "def between(nodeid):\n    if nodeid.endswith('one'): in_thread(ba)\n"
    result = run(source + "ab()\ndef test_one(): pass\ndef test_two(): pass\n")
    result.assert_outcomes(passed=2)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["lockdep: 1 finding outside of failed tests", "found after test_it.py::test_one"])


@pytest.mark.parametrize(("second", "failed"), [("with B:\n        with RAW: pass", 1), ("pass", 0)])
def test_a_lock_from_the_thread_module_is_adopted_after_collection(run, second, failed):
    source = LOCKS + "import _thread\nRAW = _thread.allocate_lock()\n"
    source += f"def test_it():\n    with RAW:\n        with B: pass\n    {second}\n"
    run(source).assert_outcomes(failed=failed, passed=1 - failed)


# -- self-deadlocks


@pytest.mark.parametrize("body", ["A.acquire()", "in_thread(inner)"])
def test_a_self_deadlock_does_not_hang_the_run(run, body):
    source = LOCKS + "def inner():\n    with A:\n        try: A.acquire()\n        except ld.DeadlockError: pass\n"
    source += f"@pytest.mark.parametrize('n', range(2))\ndef test_it(n):\n    with B:\n        {body}\n"
    if body == "A.acquire()":
        source = source.replace("with B", "with A")
        result = run(source)
        result.assert_outcomes(failed=2)
        result.stdout.fnmatch_lines(["E * lockdep.DeadlockError: possible recursive locking detected: test_it.py:2 A"])
        assert "lockdep/" not in str(result.stdout).partition("FAILURES")[2].replace("lockdep/pytest", "")
    else:
        run(source).assert_outcomes(failed=1, passed=1)


def test_an_inversion_does_not_interrupt_the_test(run):
    result = run(LOCKS + "def test_it(): ab(); ba(); print('reached the end')\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["reached the end"])


# -- options, marker, fixture


def test_the_plugin_prints_and_imports_nothing_if_it_is_off(run):
    result = run(INVERSION + "import sys\ndef test_off(lockdep):\n"
                 "    assert not lockdep.active and lockdep.findings() == ()\n"
                 "    assert 'lockdep.patch' not in sys.modules\n", "-v", on=False)  # fmt: skip
    result.assert_outcomes(passed=3)
    assert "lockdep" not in result.text.replace("lockdep.pytest_plugin", "")


def test_importing_the_plugin_imports_nothing_of_lockdep():
    code = "import sys, lockdep.pytest_plugin; print(sorted(m for m in sys.modules if m.startswith('lockdep')))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=PROGRAM_LIMIT
    )
    assert done.stdout.strip() == "['lockdep', 'lockdep.pytest_plugin']"


@pytest.mark.parametrize(("arguments", "failed"), [([], 1), (["--no-lockdep"], 0)])
def test_the_ini_file_turns_it_on_and_no_lockdep_off(run, pytester, arguments, failed):
    pytester.makeini("[pytest]\nlockdep = true\n")
    run(INVERSION, *arguments, on=False).assert_outcomes(passed=2 - failed, failed=failed)


STALL = LOCKS + "def test_stall():\n    ab()\n    with B:\n        A.acquire(timeout=1)\n        A.release()\n"


def test_a_warning_is_listed_and_fails_nothing(run):
    result = run(STALL)
    result.assert_outcomes(passed=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["warning: possible circular * (stall)", "    test_it.py:2 A -> *", "    found in test_it.py::test_stall"]
    )


def test_fail_on_in_the_ini_file_applies(run, pytester):
    pytester.makeini("[pytest]\nlockdep_fail_on = stall\n")
    run(STALL).assert_outcomes(failed=1)


@pytest.mark.parametrize(("ini", "message"), [
    ("[pytest]\nlockdep_fail_on = sometimes\n", "keyword fail_on: expected one of observed, *"),
    ("[pytest]\n", "*pyproject.toml * unknown option 'colour'*"),
])  # fmt: skip
def test_wrong_options_are_an_error_of_one_line(run, pytester, ini, message):
    pytester.makeini(ini)
    if "pyproject" in message:
        pytester.makepyprojecttoml("[tool.lockdep]\ncolour = 1\n")
    result = run(CLEAN)
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"ERROR: lockdep: {message}"])
    assert "Traceback" not in result.text


@pytest.mark.parametrize(("arguments", "outcome"), [
    ("", {"failed": 1}),
    ("fail_on='certain'", {"passed": 1}),
    (f"allow={ENTRY!r}", {"passed": 1}),
    (f"allow=[{ENTRY!r}]", {"passed": 1}),
    ("allow='circular: other.py:1 -> *'", {"failed": 1}),
])  # fmt: skip
@pytest.mark.parametrize("on", [True, False])
def test_the_marker_changes_which_findings_fail_a_test(run, arguments, outcome, on):
    result = run(LOCKS + f"@pytest.mark.lockdep({arguments})\ndef test_both(): ab(); ba()\n", on=on)
    result.assert_outcomes(**outcome)
    assert result.ret == ("failed" in outcome)
    if ENTRY in arguments:
        result.stdout.fnmatch_lines(["1 allowed by markers"])


def test_without_the_switch_only_the_marked_test_is_tracked(run):
    mark = "@pytest.mark.lockdep\n"
    source = (
        LOCKS
        + f"def test_ab(): ab()\n{mark}def test_ba(lockdep): ba(); assert lockdep.active\ndef test_ab_again(lockdep):\n"
    )
    source += "    ab(); assert not lockdep.active\n"
    run(source, on=False).assert_outcomes(passed=3)


@pytest.mark.parametrize("arguments", ["'potential'", "fail_on='never'", "allow='nonsense'", "colour=1"])
def test_a_wrong_marker_is_an_error_of_one_line(run, arguments):
    result = run(LOCKS + f"@pytest.mark.lockdep({arguments})\ndef test_it(): pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["mark lockdep: *"])
    assert "Traceback" not in result.text


def test_the_fixture_has_the_findings_of_its_test(run):
    source = LOCKS + "def test_first(lockdep):\n    ab(); assert lockdep.findings() == ()\n    ba()\n"
    source += "    assert [found.slug for found in lockdep.findings()] == ['circular']\n"
    source += (
        "def test_second(lockdep):\n    assert lockdep.findings() == () and lockdep.options.fail_on == 'potential'\n"
    )
    run(source).assert_outcomes(failed=1, passed=1)


@pytest.mark.parametrize("entry", [ENTRY, "circular: other.py:1 -> *"])
def test_suppressions_come_from_the_root_directory(run, pytester, entry):
    pytester.makepyprojecttoml(f"[tool.pytest.ini_options]\n[tool.lockdep]\nsuppress = [{entry!r}]\n")
    pytester.mkdir("elsewhere")
    pytester.makepyfile(test_it=INVERSION)
    result = run(INVERSION, "--rootdir=.")
    if entry == ENTRY:
        result.assert_outcomes(passed=2)
        result.stdout.fnmatch_lines(["lockdep (*): 0 errors, 0 warnings, 1 suppressed; *"])
        assert "unused" not in result.text
    else:
        result.assert_outcomes(passed=1, failed=1)
        result.stdout.fnmatch_lines([f"unused suppression: {entry}"])


def test_the_entry_point_and_the_p_option_can_be_combined(run, pytester):
    folder = pytester.mkdir("lockdep_fake-1.dist-info")
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: lockdep-fake\nVersion: 1\n")
    (folder / "entry_points.txt").write_text("[pytest11]\nlockdep = lockdep.pytest_plugin\n")
    run(INVERSION).assert_outcomes(passed=1, failed=1)


def test_the_plugin_can_be_named_in_conftest(pytester, run, monkeypatch):
    pytester.makeconftest("pytest_plugins = ['lockdep.pytest_plugin']\n")
    pytester.makepyfile(test_it=INVERSION)
    monkeypatch.chdir(pytester.path)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # else pytest refuses it under a second name
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--lockdep"], capture_output=True, text=True, timeout=PROGRAM_LIMIT
    )
    assert "1 failed, 1 passed" in done.stdout
    assert run is not None


def test_two_runs_in_one_process_leave_no_patches(run, pytester):
    pytester.makepyfile(test_it=INVERSION)
    script = pytester.makepyfile(
        main="""
        import threading, pytest
        before = threading.Lock, threading.Thread.join
        for _ in range(2):
            assert pytest.main(["-p", "lockdep.pytest_plugin", "--lockdep", "-q", "test_it.py"]) == 1
            assert (threading.Lock, threading.Thread.join) == before
        print("clean")
    """
    )
    assert run is not None
    assert "clean" in str(pytester.runpython(script).stdout)


# -- imports


def importing(run, pytester, first: str, second: str):
    """Run two tests which import a module that needs a lock in its code, and is missing something."""
    pytester.makepyfile(backend="import test_it\nwith test_it.lock: pass\nraise ImportError")
    load = "def load():\n    with pytest.raises(ImportError): import backend\ndef locked():\n    with lock: load()\n"
    module_level = "lock = threading.RLock()\nwith lock: pass\nin_thread(ab)\nab()\n"
    return run(f"{LOCKS}{module_level}{load}def test_one(): {first}\ndef test_two(): {second}\n")


def test_an_import_under_a_lock_that_it_needs_fails_the_test_that_shows_it(run, pytester):
    result = importing(run, pytester, "in_thread(load)", "in_thread(locked)")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*import backend;*", "FAILED test_it.py::test_two - lockdep.LockInversion: *"])


def test_imports_by_one_thread_are_silent(run, pytester):
    result = importing(run, pytester, "load()", "locked()")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["lockdep (*): 0 errors, 0 warnings; *"])


def test_a_junit_file_has_the_report_of_a_failure(run, pytester):
    run(INVERSION, f"--junitxml={pytester.path}/junit.xml")
    (failure,) = ElementTree.parse(f"{pytester.path}/junit.xml").iter("failure")
    assert FAILURE in failure.get("message")
    assert SPLAT in failure.text
    assert "wants B" in failure.text


def test_a_junit_file_of_a_sound_run_has_no_report(run, pytester):
    run(CLEAN, f"--junitxml={pytester.path}/junit.xml")
    assert list(ElementTree.parse(f"{pytester.path}/junit.xml").iter("failure")) == []
