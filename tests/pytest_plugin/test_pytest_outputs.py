"""Files that a pytest run writes, baselines, annotations, and the hook that is told of findings."""

import json
from importlib.util import find_spec

import pytest

from lockdep.snapshots.snapshot import Snapshot
from tests.pytest_plugin.pytest_runs import CLEAN, INVERSION, LOCKS, SPLAT

pytest_plugins = ["pytester", "tests.pytest_plugin.pytest_runs"]
WORKERS = [
    (),
    pytest.param(("-n2",), marks=pytest.mark.skipif(find_spec("xdist") is None, reason="needs pytest-xdist")),
]
BASELINE = ("--lockdep-baseline=known.json",)
NEW = LOCKS.replace("A =", "C =").replace("B =", "D =").replace("with A:", "with C:").replace("with B:", "with D:")
NEW += "def test_new(): ab(); ba()\n"


@pytest.mark.parametrize("workers", WORKERS, ids=["alone", "xdist"])
def test_reports_and_a_snapshot_are_written(run, pytester, workers):
    run(INVERSION, "--lockdep-report=json:found.json", "--lockdep-snapshot=seen.json", *workers)
    (finding,) = json.loads((pytester.path / "found.json").read_text())
    assert finding["slug"] == "circular"
    assert Snapshot.load(pytester.path / "seen.json").findings[0].id == finding["id"]


@pytest.mark.parametrize("workers", WORKERS, ids=["alone", "xdist"])
def test_what_all_workers_have_seen_is_one_part_of_a_store(run, pytester, workers):
    pytest.importorskip("sqlalchemy")
    from lockdep.store.address import Address
    from lockdep.store.database import Store
    from lockdep.store.fleet import Choice, gather

    store = pytester.path / "fleet.db"
    result = run(INVERSION, f"--lockdep-store={store}", "--lockdep-version=1.5", "--lockdep-host=ci", *workers)
    assert "not stored" not in result.text
    fleet = gather(Store(Address.parse(str(store))), Choice(project=pytester.path.name))
    (found,) = fleet.snapshot.findings
    assert {origin.label for _, origins in fleet.halves(found) for origin in origins} == {"ci 1.5"}


@pytest.mark.parametrize("workers", WORKERS, ids=["alone", "xdist"])
def test_a_sound_run_writes_empty_ones(run, pytester, workers):
    run(CLEAN, "--lockdep-report=json:found.json", *workers)
    assert json.loads((pytester.path / "found.json").read_text()) == []


@pytest.mark.parametrize("workers", WORKERS, ids=["alone", "xdist"])
def test_known_findings_fail_no_test_and_new_ones_do(run, workers):
    first = run(INVERSION, *BASELINE, "--lockdep-update-baseline", *workers)
    first.stdout.re_match_lines([".*known.json: 1 known finding"])
    known = run(INVERSION, *BASELINE, *workers)
    new = run(INVERSION + NEW, *BASELINE, *workers)
    assert (first.ret, known.ret) == (0, 0)
    assert SPLAT not in known.text
    assert new.ret == 1


def test_a_known_finding_that_is_gone_is_named(run):
    run(INVERSION, *BASELINE, "--lockdep-update-baseline")
    gone = run(CLEAN, *BASELINE)
    assert gone.ret == 0
    gone.stdout.re_match_lines(["known, not found in this run: [0-9a-f]{12}  possible circular locking dependency .*"])
    assert gone.text.count("possible circular") == 1


@pytest.mark.parametrize(
    "flags",
    [
        ("--lockdep-update-baseline",), ("--lockdep-baseline=missing.json",), ("--lockdep-report=nonsense:x",),
        ("--lockdep-report=json",), ("--lockdep-store=nonsense://x",), ("--lockdep-project=shop",),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_no_test_runs(run, flags):
    result = run(INVERSION, *flags)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "test session starts" not in result.text
    assert len([line for line in result.stderr.lines if "ERROR" in line or "lockdep" in line]) == 1


def test_a_file_that_cannot_be_written_is_a_line(run):
    result = run(CLEAN, "--lockdep-report=json:missing/found.json")
    assert result.ret == 0
    assert "lockdep: error: cannot write " in result.text


def test_in_a_job_findings_are_commands(run, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    result = run(INVERSION)
    assert [line[:30] for line in result.stdout.lines if line.startswith("::")] == ["::error file=test_it.py,line=1"]
    assert not any(line.startswith("::") for line in run(CLEAN).stdout.lines)


@pytest.mark.parametrize("workers", WORKERS, ids=["alone", "xdist"])
def test_in_a_job_findings_are_in_its_summary(run, monkeypatch, tmp_path, workers):
    summary = tmp_path / "summary.md"
    summary.write_text("another step\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    run(CLEAN, *workers)
    assert summary.read_text() == "another step\n"

    run(INVERSION, *workers)
    told = summary.read_text()
    assert told.startswith("another step\n# lockdep\n")
    assert told.count("### possible circular locking dependency detected") == 1


def test_a_summary_that_cannot_be_written_is_a_line(run, monkeypatch, tmp_path):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "missing" / "summary.md"))

    assert "lockdep: error: cannot write the summary of the job: No such file" in run(INVERSION).text


def test_a_hook_is_told_of_each_finding_with_its_test(run, pytester):
    pytester.makeconftest(
        "def pytest_lockdep_finding(finding, item):\n    print('told', finding.slug, item and item.name)\n"
    )
    result = run(INVERSION, "-s")
    assert [line for line in result.stdout.lines if "told circular test_ba" in line] != []
    assert "told circular" not in run(CLEAN, "-s").text
