"""lockdep explain and lockdep baseline, and runs with a baseline."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lockdep.cli import main
from lockdep.reports.explanations import WIDTH, explanations
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT

INVERSION = """
import threading
{0} = threading.Lock()
{1} = threading.Lock()
with {0}, {1}: pass
with {1}, {0}: pass
"""
SILENT = """
import threading
{0} = threading.Lock()
{1} = threading.Lock()
with {0}, {1}: pass
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "old.py").write_text(INVERSION.format("a", "b"))
    (tmp_path / "new.py").write_text(INVERSION.format("c", "d"))
    (tmp_path / "silent.py").write_text(SILENT.format("a", "b"))
    return tmp_path


def lockdep(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    command = [sys.executable, "-m", "lockdep", *words]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=PROGRAM_LIMIT, env={"PYTHONPATH": str(ROOT)}
    )


@pytest.mark.parametrize("slug", dict.fromkeys(one.slug for one in explanations()))
def test_each_kind_is_explained(slug: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", slug]) == 0

    text = capfd.readouterr().out
    assert text.startswith(f"{slug}: ")
    assert "What to do: " in text
    assert f'suppress = ["{slug}: A -> B  # why"]' in text
    assert max(map(len, text.splitlines())) <= WIDTH


def test_without_a_kind_all_are_listed(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0

    assert [line.split()[0] for line in capfd.readouterr().out.splitlines()] == [one.slug for one in explanations()]


def test_a_kind_that_does_not_exist_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "circle"]) == 2

    error = "lockdep: error: there is no kind of finding 'circle': `lockdep explain` lists them\n"
    assert capfd.readouterr().err == error


def test_a_finding_is_explained_by_its_id(folder: Path) -> None:
    lockdep(folder, "run", "--snapshot", "seen.json", "old.py")
    (finding,) = json.loads(lockdep(folder, "report", "seen.json", "--format", "json").stdout)

    done = lockdep(folder, "explain", finding["id"], "seen.json")

    assert "wants B" in done.stdout
    assert "circular: possible circular locking dependency detected\n" in done.stdout
    assert lockdep(folder, "explain", "0" * 12, "seen.json").returncode == 2
    assert lockdep(folder, "explain", finding["id"]).returncode == 2


@pytest.mark.parametrize(
    ("name", "content"), [("missing.json", None), ("odd.json", "{"), ("known.json", "{"), ("a.json", "[]")]
)
def test_a_file_that_does_not_have_it_is_one_line(
    folder: Path, name: str, content: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (folder / name).write_text(f'{{"format": "lockdep baseline", {content}' if name == "known.json" else content)

    assert main(["explain", "0123456789ab", str(folder / name)]) == 2

    told = capfd.readouterr().err
    assert told.count("\n") == 1
    assert name in told


def test_known_findings_fail_no_run_and_new_ones_do(folder: Path) -> None:
    first = lockdep(folder, "run", "--baseline", "known.json", "--update-baseline", "old.py")
    known = lockdep(folder, "run", "--baseline", "known.json", "old.py")
    new = lockdep(folder, "run", "--baseline", "known.json", "new.py")

    assert (first.returncode, known.returncode, new.returncode) == (0, 0, 66)
    assert "possible circular" in first.stderr
    assert "possible circular" not in known.stderr
    assert "1 suppressed" in known.stderr
    assert new.stderr.count("ERROR: possible circular") == 1


def test_known_findings_that_are_gone_are_named(folder: Path) -> None:
    lockdep(folder, "run", "--baseline", "known.json", "--update-baseline", "old.py")

    gone = lockdep(folder, "run", "--baseline", "known.json", "silent.py")
    still = lockdep(folder, "run", "--baseline", "known.json", "old.py")

    assert "known findings that are gone: " in gone.stderr
    assert "gone" not in still.stderr


def test_a_baseline_of_snapshots_is_that_of_the_run(folder: Path) -> None:
    lockdep(folder, "run", "--baseline", "one.json", "--update-baseline", "--snapshot", "seen.json", "old.py")

    assert lockdep(folder, "baseline", "seen.json", "--output", "two.json").stdout == "two.json: 1 known finding\n"
    assert (folder / "one.json").read_text() == (folder / "two.json").read_text()


def test_a_baseline_in_the_configuration_is_found_from_its_folder(folder: Path) -> None:
    lockdep(folder, "run", "--baseline", "known.json", "--update-baseline", "old.py")
    (folder / "pyproject.toml").write_text('[tool.lockdep]\nbaseline = "known.json"\n')
    (folder / "below").mkdir()

    assert lockdep(folder / "below", "run", "../old.py").returncode == 0
    assert lockdep(folder / "below", "run", "../new.py").returncode == 66


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, "No such file or directory"),
        ("{", "not valid JSON: "),
        ("[]", "this is not a baseline of lockdep"),
        ('{"format": "lockdep baseline", "version": 2}', "version 2 is not known here, only 1"),
        ('{"format": "lockdep baseline", "version": 1, "findings": [3]}', "3 is no finding"),
        ('{"format": "lockdep baseline", "version": 1, "findings": [{"id": 1}]}', "{'id': 1} is no finding"),
    ],
)
def test_a_baseline_that_cannot_be_read_is_one_line(folder: Path, content: str | None, error: str) -> None:
    if content is not None:
        (folder / "known.json").write_text(content)

    done = lockdep(folder, "run", "--baseline", "known.json", "old.py")

    assert done.returncode == 2
    assert done.stderr.startswith(f"lockdep: error: baseline known.json: {error}")
    assert done.stderr.count("\n") == 1


def test_the_file_to_update_must_be_named(folder: Path) -> None:
    done = lockdep(folder, "run", "--update-baseline", "old.py")

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
