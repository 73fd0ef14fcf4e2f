"""The command line: which arguments belong to the program, exit statuses, reports, and one line for each mistake."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lockdep.cli import COMMANDS
from tests.patience import PROGRAM_LIMIT

ROOT = str(Path(__file__).parents[2])

INVERSION = """
import sys, threading
A = threading.Lock()
B = threading.Lock()
with A:
    with B: pass
with B:
    with A: pass
"""
CLEAN = """
import threading
A = threading.Lock()
B = threading.Lock()
for _ in range(2):
    with A:
        with B: pass
"""
ARGUMENTS = "import sys; print(sys.argv[1:])"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "inversion.py").write_text(INVERSION)
    (tmp_path / "clean.py").write_text(CLEAN)
    (tmp_path / "arguments.py").write_text(ARGUMENTS)
    return tmp_path


@pytest.fixture
def lockdep(folder):
    """Run `lockdep ...` in the folder; return (stdout, stderr, status)."""

    def run(*arguments, **environment):
        env = {name: value for name, value in os.environ.items() if name != "LOCKDEP_OPTIONS"}
        env |= {"PYTHONPATH": ROOT, **environment}
        command = [sys.executable, "-m", "lockdep", *arguments]
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=PROGRAM_LIMIT)
        return done.stdout, done.stderr, done.returncode

    return run


def assert_one_line(result, pattern):
    stdout, stderr, status = result
    assert (stdout, status) == ("", 2)
    assert re.fullmatch(f"lockdep: error: {pattern}\n", stderr)


# -- verdicts


def test_the_script_that_starts_the_command_is_in_no_report(folder):
    (folder / "lockdep").write_text("import sys\nfrom lockdep.cli import main\nsys.exit(main())\n")
    command = [sys.executable, str(folder / "lockdep"), "run", "--frames", "all", "inversion.py"]
    env = {**os.environ, "PYTHONPATH": ROOT}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=PROGRAM_LIMIT)

    assert "> inversion.py:5  <module>  with A:" in done.stderr
    assert "main()" not in done.stderr


def test_clean_program_ends_with_one_summary_line(lockdep):
    stdout, stderr, status = lockdep("run", "clean.py")
    assert (stdout, status) == ("", 0)
    assert re.fullmatch(r"lockdep \(\w+\): .+\n", stderr)


def test_inversion_is_shown_and_fails_the_run(lockdep):
    stdout, stderr, status = lockdep("run", "inversion.py")
    assert (stdout, status) == ("", 66)
    assert "possible circular locking dependency detected" in stderr
    assert stderr.splitlines()[-1].startswith("lockdep (")


def test_finding_is_shown_before_the_program_goes_on(lockdep, folder):
    (folder / "prog.py").write_text(INVERSION + "sys.stderr.write('after\\n')\n")
    stderr = lockdep("run", "prog.py")[1]
    assert stderr.index("possible circular") < stderr.index("after\n")


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["--exit-code", "7"], 7),
        (["--exit-code=0"], 0),
        (["--fail-on", "certain"], 0),
        (["--fail-on=potential"], 66),
        (["--fail-on", "certain", "--strict"], 66),
    ],
    ids=str,
)
def test_options_that_decide_the_status(lockdep, options, status):
    assert lockdep("run", *options, "inversion.py")[2] == status


@pytest.mark.parametrize(
    ("last", "status"), [("sys.exit(3)", 3), ("1 / 0", 1), ("sys.exit(0)", 66), ("sys.exit(256)", 66)]
)
def test_program_that_fails_by_itself_keeps_its_status(lockdep, folder, last, status):
    (folder / "prog.py").write_text(INVERSION + last + "\n")
    assert lockdep("run", "prog.py")[2] == status


def test_run_accepts_a_module_and_code(lockdep):
    assert lockdep("run", "-m", "inversion")[2] == 66
    assert lockdep("run", "-c", INVERSION)[2] == 66


def test_traceback_has_no_frame_of_lockdep(lockdep):
    stderr = lockdep("run", "-c", "1 / 0")[1]
    frames = re.findall(r'File "(.*?)"', stderr)
    assert frames == ["<string>"]


def test_forked_child_prints_no_summary(lockdep):
    fork = "import os\npid = os.fork()\nif pid: print(os.waitpid(pid, 0)[1])"
    stdout, stderr, status = lockdep("run", "-c", INVERSION + fork)
    assert (stdout, status) == ("0\n", 66)
    summary = stderr.splitlines()[-1]
    assert stderr.count(summary) == 1


def test_findings_are_shown_after_the_program_removed_sys_stderr(lockdep):
    code = "import sys\nsys.stderr = None\n" + INVERSION
    stdout, stderr, status = lockdep("run", "-c", code)
    assert (stdout, status) == ("", 66)
    assert stderr.splitlines()[-1].startswith("lockdep (")


# -- options


def test_options_come_from_environment_and_pyproject(lockdep, folder):
    assert lockdep("run", "inversion.py", LOCKDEP_OPTIONS="exit_code=9")[2] == 9
    (folder / "pyproject.toml").write_text("[tool.lockdep]\nexit_code = 8\n")
    assert lockdep("run", "inversion.py")[2] == 8
    assert lockdep("run", "--exit-code=7", "inversion.py", LOCKDEP_OPTIONS="exit_code=9")[2] == 7


def test_options_are_read_once(folder):
    (folder / "pyproject.toml").write_text("[tool.lockdep]\nexit_code = 8\n")
    code = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from lockdep.cli import main
status = main(["run", "--strict", "inversion.py"])
print(status, sum(name.endswith("pyproject.toml") for name in opened))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env={**os.environ, "PYTHONPATH": ROOT}, capture_output=True, text=True
    )
    assert done.stdout == "8 1\n", done.stderr


def test_suppressed_finding_does_not_fail_the_run(lockdep, folder):
    (folder / "pyproject.toml").write_text('[tool.lockdep]\nsuppress = ["circular: inversion.py:*  # known"]\n')
    _, stderr, status = lockdep("run", "inversion.py")
    assert status == 0
    assert "possible circular" not in stderr


def test_disabled_run_reports_nothing(lockdep):
    assert lockdep("run", "inversion.py", LOCKDEP_OPTIONS="enabled=no")[2] == 0


# -- whose argument is it


@pytest.mark.parametrize(
    "target", [["arguments.py"], ["-m", "arguments"], ["-marguments"], ["-c", ARGUMENTS], ["--", "arguments.py"]]
)
def test_everything_after_the_target_is_the_programs(lockdep, target):
    rest = ["--report", "json", "-m", "x", "--", "--help", "run", "--exit-code=1", ""]
    stdout, _, status = lockdep("run", "--strict", *target, *rest)
    assert (stdout, status) == (f"{rest}\n", 0)


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        ([], "which command.* one of run, .*"),
        (["walk"], ".*invalid choice: 'walk' .*"),
        (["run"], "nothing to run: name a script, -m module or -c code .*"),
        (["run", "--strict"], "nothing to run: .*"),
        (["run", "--unknown", "clean.py"], ".*--unknown.*"),
        (["run", "--exit", "3", "clean.py"], ".*--exit.*"),
        (["run", "--exit-code", "many", "clean.py"], ".*--exit-code.*'many'.*"),
        (["run", "--exit-code", "999", "clean.py"], ".*exit_code: expected an integer from 0 to 255, got 999"),
        (["run", "--fail-on", "maybe", "clean.py"], ".*--fail-on.*'maybe'.*certain.*"),
        (["run", "--report", "pdf", "clean.py"], r"--report: unknown format 'pdf' \(known: .*json.* splat\)"),
        (["run", "--report", "json:", "clean.py"], "--report: no path after 'json:'"),
        (["run", "--report"], ".*--report.*expected one argument.*"),
        (["run", "-m"], "argument expected for the -m option"),
        (["run", "-c"], "argument expected for the -c option"),
        (["run", "missing.py"], r"can't open file '.*missing\.py': \[Errno 2\] No such file or directory"),
        (["run", "-m", "missing"], "No module named 'missing'"),
        (["run", "-m", "failing"], "cannot import 'failing', needed to run failing.__main__: ZeroDivisionError: .*"),
        (["doctor", "--unknown"], ".*--unknown.*"),
        (["top", "--interval", "1e300", "1"], "argument --interval: more than 0 and at most 86400 seconds .*"),
        (["top", "--interval", "nan", "1"], "argument --interval: more than 0 and at most 86400 seconds .*"),
        (["doctor", "missing.py"], "can't open file .*"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistake_is_one_line(lockdep, folder, arguments, pattern):
    (folder / "failing").mkdir()
    (folder / "failing" / "__init__.py").write_text("1 / 0")
    assert_one_line(lockdep(*arguments), pattern)


@pytest.mark.parametrize("command", ["run", "doctor"])
@pytest.mark.parametrize(
    ("table", "pattern"),
    [
        ("fail_on = 'maybe'", r".*pyproject\.toml \[tool\.lockdep\] fail_on: expected one of .*"),
        ("fail_on = ", r".*pyproject\.toml: not valid TOML: .*"),
        ("suppress = ['nonsense']", "suppress 'nonsense': expected .*"),
    ],
)
def test_broken_pyproject_is_one_line(lockdep, folder, command, table, pattern):
    (folder / "pyproject.toml").write_text(f"[tool.lockdep]\n{table}\n")
    assert_one_line(lockdep(command, "clean.py"), pattern)


def test_broken_environment_is_one_line(lockdep):
    assert_one_line(lockdep("run", "clean.py", LOCKDEP_OPTIONS="what"), "LOCKDEP_OPTIONS: expected name=value .*")


# -- reports


def test_contradicting_variables_are_one_line(lockdep):
    result = lockdep("--version", LOCKDEP_PURE="1", LOCKDEP_REQUIRE_COMPILED="1")
    assert_one_line(result, "LOCKDEP_PURE and LOCKDEP_REQUIRE_COMPILED contradict each other")


def test_json_report_replaces_the_file(lockdep, folder):
    (folder / "found.json").write_text("old")
    assert lockdep("run", "--report", "json:found.json", "inversion.py")[2] == 66
    (found,) = json.loads((folder / "found.json").read_text())
    assert found["slug"] == "circular"
    assert lockdep("run", "--report=json:found.json", "clean.py")[2] == 0
    assert json.loads((folder / "found.json").read_text()) == []
    assert [path.name for path in folder.glob("*.tmp")] == []


def test_several_reports_are_written(lockdep, folder):
    stdout, stderr, _ = lockdep("run", "--report", "splat:found.txt", "--report", "json", "inversion.py")
    assert json.loads(stdout)[0]["slug"] == "circular"
    splat = (folder / "found.txt").read_text()
    assert "possible circular locking dependency detected" in splat
    assert splat.strip() in stderr


def test_report_goes_where_the_command_was_given(lockdep, folder):
    (folder / "else").mkdir()
    assert lockdep("run", "--report", "json:found.json", "-c", "import os; os.chdir('else')")[2] == 0
    assert (folder / "found.json").exists()


@pytest.mark.parametrize(("program", "status"), [("clean.py", 2), ("inversion.py", 66), ("failing.py", 3)])
@pytest.mark.parametrize("path", ["no/such/folder.json", "/dev/full"])
def test_report_that_cannot_be_written(lockdep, folder, program, status, path):
    (folder / "failing.py").write_text(INVERSION + "sys.exit(3)")
    _, stderr, returned = lockdep("run", "--report", f"json:{path}", program)
    assert returned == status
    assert re.search(f"^lockdep: error: cannot write the json report to .*{path}: .+$", stderr, re.MULTILINE)
    assert ("possible circular" in stderr) == (program != "clean.py")
    assert "Traceback" not in stderr


# -- the rest


BREAKING = """
import lockdep.runtime
def broken():
    raise ZeroDivisionError("by nothing")
lockdep.runtime.NAME = broken
"""


@pytest.mark.parametrize(("program", "status"), [("clean.py", 70), ("inversion.py", 66), ("failing.py", 3)])
@pytest.mark.parametrize("name", ["summary", "finish_writing"])
def test_a_fault_of_ours_is_one_line_and_no_success(lockdep, folder, program, status, name):
    (folder / "failing.py").write_text("raise SystemExit(3)\n")
    source = (folder / program).read_text()
    (folder / program).write_text(BREAKING.replace("NAME", name) + source)
    _out, err, code = lockdep("run", program)
    assert err.count("lockdep: error: failed internally at the end: ZeroDivisionError: by nothing\n") == 1
    assert code == status
    assert ("lockdep (" in err) == (name != "summary")


def test_version_names_the_build(lockdep):
    stdout, stderr, status = lockdep("--version", LOCKDEP_PURE="1")
    assert re.fullmatch(r"lockdep \d+\.\d+\S* \(pure\)\n", stdout)
    assert (stderr, status) == ("", 0)


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["doctor", "-h"]], ids=" ".join)
def test_help_is_printed(lockdep, arguments):
    stdout, stderr, status = lockdep(*arguments)
    assert stdout.startswith("usage: lockdep")
    assert (stderr, status) == ("", 0)


def test_help_says_what_each_command_does_in_80_columns(lockdep):
    stdout, _, _ = lockdep("--help", COLUMNS="80")
    told = stdout.partition("commands:\n")[2].splitlines()
    assert sorted(line.split()[0] for line in told) == sorted(COMMANDS)
    assert max(map(len, stdout.splitlines())) <= 80


def test_doctor_prints_its_lines(lockdep):
    stdout, stderr, status = lockdep("doctor")
    assert stdout.strip()
    assert (stderr, status) == ("", 0)


def test_doctor_tells_whether_locks_are_validated(lockdep):
    assert "threading.Lock() gives a validated lock" in lockdep("doctor")[0]


def test_doctor_tells_of_a_program_that_replaces_the_lock(lockdep, tmp_path):
    program = tmp_path / "replaces.py"
    program.write_text("import _thread, threading\nthreading.Lock = lambda: _thread.allocate_lock()\n")
    assert "threading.Lock() gives a raw lock" in lockdep("doctor", str(program))[0]


def test_doctor_prints_its_lines_after_a_program(lockdep):
    stdout, _, status = lockdep("doctor", "arguments.py", "--help")
    assert stdout.startswith("['--help']\n")
    assert len(stdout.splitlines()) > 1
    assert status == 0


def test_run_imports_nothing_it_does_not_need(lockdep):
    heavy = {"networkx", "structlog", "wrapt", "asyncio", "json", "pytest"}
    code = f"import sys; print(sorted({heavy} & set(sys.modules)))"
    assert lockdep("run", "-c", code)[0] == "[]\n"
