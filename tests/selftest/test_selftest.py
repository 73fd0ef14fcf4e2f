"""The self-test: every case of both files on the build under test, and the command that runs such files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lockdep.fastpath import BUILD
from tests.patience import PROGRAM_LIMIT
from tests.selftest.cases import Case
from tests.selftest.grid import render
from tests.selftest.play import OK
from tests.selftest.run import FILES, load_file, run_case
from tests.sourcetree import ROOT

KERNEL, BEYOND = (load_file(path) for path in FILES)
ABBA = [["lock", "A"], ["lock", "B"], ["unlock", "B"], ["unlock", "A"], ["lock", "B"], ["lock", "A"]]


@pytest.mark.parametrize("case", KERNEL, ids=lambda case: case.name)
def test_a_case_of_the_kernel_gives_the_expected_verdicts(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", BEYOND, ids=lambda case: case.name)
def test_a_case_of_our_own_gives_the_expected_verdicts(case: Case) -> None:
    check(case)


def check(case: Case) -> None:
    outcome = run_case(case)

    assert outcome.verdict == OK, f"expected {outcome.expected}; found {outcome.actual}"


def test_every_case_of_our_own_has_a_silent_twin() -> None:
    reports = {case.name for case in BEYOND if case.expect == "report"}
    assert len(reports) >= 40
    assert {case.name for case in BEYOND if case.expect == "clean"} == {f"{name}_silent" for name in reports}


WRONG = {
    "MISSED": {"expect": "report", "ops": ABBA[:4]},
    "FALSE ALARM": {"expect": "clean"},
    "wrong kind": {"report_kind": "inconsistent lock state"},
    "wrong op": {"report_at_op": 4},
    "wrong count": {"reports": 2},
    "wrong text": {"report_has": ["nobody"]},
    "wrong return": {"ops": [*ABBA, ["trylock", "A", {"ret": True}]]},
    "ERROR": {"ops": [*ABBA, ["lockdep_release_only", "A"], ["lock", "A"]]},
}


@pytest.mark.parametrize("verdict", WRONG)
def test_a_wrong_expectation_fails(verdict: str, tmp_path: Path) -> None:
    right, wrong = load_file(write(tmp_path, entry(), entry(**WRONG[verdict])))

    assert run_case(right).verdict == OK
    assert run_case(wrong).verdict == verdict


def test_a_case_leaves_nothing_behind(tmp_path: Path) -> None:
    left = [["lock", "A"], ["hardirq_disable"], ["softirq_disable"], ["preempt_disable"], ["hardirq_enter"]]
    held, after = load_file(write(tmp_path, entry(ops=left, expect="clean"), entry(expect="clean", ops=ABBA[4:])))

    check(held)
    check(after)


def test_text_that_must_not_appear_is_found(tmp_path: Path) -> None:
    (case,) = load_file(write(tmp_path, entry()))

    outcome = run_case(replace(case, report_lacks=("locking dependency",)))

    assert (outcome.verdict, outcome.actual) == ("wrong text", "one with ['locking dependency']")


def test_operations_without_locks_need_none(tmp_path: Path) -> None:
    ops = [["rcu_read_lock"], ["might_sleep"]]
    (case,) = load_file(write(tmp_path, {"name": "a", "row": "r", "column": "c", "ops": ops, "expect": "report"}))

    assert run_case(case).verdict == OK


def test_an_argument_may_be_written_by_name(tmp_path: Path) -> None:
    ops = [["ww_acquire_init", "t"], ["set_ctx_acquired", "t", {"acquired": 1}], ["ww_acquire_fini", "t"]]
    kind = "DEBUG_LOCKS_WARN_ON(ctx->acquired)"
    (case,) = load_file(write(tmp_path, entry(locks={"t": "ww_acquire_ctx"}, ops=ops, report_kind=kind)))

    assert run_case(case).verdict == OK


@pytest.mark.once
def test_the_grid_has_a_cell_for_each_row_and_column(tmp_path: Path) -> None:
    cases = [entry(column="spin"), entry(column="mutex", expect="clean"), entry(row="other", column="mutex")]

    lines = render([run_case(case) for case in load_file(write(tmp_path, *cases))]).splitlines()

    assert lines[0].split() == ["group", "spin", "mutex"]
    assert lines[2].split() == ["ABBA", "ok", "FALSE", "ALARM"]
    assert lines[3].split() == ["other", "ok"]
    assert lines[-2].startswith("two locks: FALSE ALARM: expected nothing; found possible circular")
    assert lines[-1] == "2 passed, 1 failed"


# The command


@pytest.mark.parametrize(("build", "name"), [("c", "compiled"), ("py", "pure")])
@pytest.mark.any_build
def test_the_command_runs_each_build(build: str, name: str, tmp_path: Path) -> None:
    if build == "c" and BUILD != "compiled":
        pytest.skip("there is no compiled build here")
    path = write(tmp_path, entry(), entry(name="wrong", expect="clean"))

    done = command(path, "--build", build)

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[0] == f"{name} build"
    assert done.stdout.splitlines()[-1] == "1 passed, 1 failed"


@pytest.mark.once
def test_the_command_succeeds_if_all_cases_pass(tmp_path: Path) -> None:
    path = write(tmp_path, entry(), entry(name="wrong", expect="clean"))

    done = command(path, "-k", "two")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "1 passed, 0 failed"


@pytest.mark.any_build
def test_the_command_runs_our_files() -> None:
    for path, cases in zip(FILES, (KERNEL, BEYOND), strict=True):
        done = command(path)
        assert done.stdout.splitlines()[-1] == f"{len(cases)} passed, 0 failed"
        assert done.returncode == 0


BROKEN = {
    "not JSON": "{",
    "no list of cases": "[]",
    "the field 'ops' is missing": {"ops": None},
    "the field 'expect' is missing": {"expect": None},
    "the field 'ops' is a str": {"ops": "lock A"},
    "neither 'report' nor 'clean'": {"expect": "maybe"},
    "unknown operation 'seize'": {"ops": [["seize", "A"]]},
    "unknown kind of lock 'padlock'": {"locks": {"A": "padlock", "B": "spin"}},
    "no such lock: C": {"ops": [["lock", "C"]]},
    "a mutex has no such operation": {"ops": [["read_lock", "A"]]},
    "not an operation: 7": {"ops": [7]},
    "1 arguments": {"ops": [["lock_nest", "A"]]},
    "'B' is no context": {"locks": {"A": "ww_mutex", "B": "mutex"}, "ops": [["ww_lock", "A", "B"]]},
    "'x' is no number": {"ops": [["lock_nested", "A", "x"]]},
}


@pytest.mark.parametrize("message", BROKEN)
@pytest.mark.once
def test_a_broken_file_is_one_line(message: str, tmp_path: Path) -> None:
    broken = BROKEN[message]
    if isinstance(broken, str):
        path = tmp_path / "cases.json"
        path.write_text(broken)
    else:
        path = write(tmp_path, entry(), entry(name="broken", **broken))

    done = command(path)

    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.once
def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    done = command(tmp_path / "nowhere.json")

    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "No such file" in done.stderr


def entry(**changes: Any) -> dict[str, Any]:
    """Return a case that would pass, with these changes; None removes a field."""
    whole = {
        "name": "two locks",
        "group": "group",
        "row": "ABBA",
        "column": "mutex",
        "locks": {"A": "mutex", "B": "mutex"},
        "ops": ABBA,
        "expect": "report",
        **changes,
    }
    return {key: value for key, value in whole.items() if value is not None}


def write(folder: Path, *cases: dict[str, Any]) -> Path:
    path = folder / "cases.json"
    path.write_text(json.dumps({"cases": cases}))
    return path


def command(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "tests.selftest", str(path), *arguments]
    return subprocess.run(line, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=PROGRAM_LIMIT)
