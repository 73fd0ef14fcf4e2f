"""The run directory: parts that are broken, too large or too many; who shows a finding; and its removal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lockdep.config import Options
from lockdep.processes import folder as module
from lockdep.processes.folder import RunDirectory, Settings
from tests.snapshots.snapshot_makers import seen


@pytest.fixture
def folder(tmp_path: Path) -> RunDirectory:
    return RunDirectory.make(Settings.here(Options()), str(tmp_path / "parts"))


def test_the_settings_come_back(folder: RunDirectory) -> None:
    options = Options(suppress=("circular: a -> b  # why",), exit_code=3)
    made = RunDirectory.make(settings := Settings.here(options))
    try:
        assert made.settings() == settings
        assert Options(**settings.options) == options
    finally:
        made.remove()
    assert not os.path.exists(made.path)
    assert made.settings() is None
    assert folder.settings() is not None
    Path(folder.at(module.SETTINGS)).write_text("{'lockdep': ")
    assert folder.settings() is None


def test_parts_that_cannot_be_read_are_left_out(folder: RunDirectory, tmp_path: Path) -> None:
    assert folder.save("1-a", seen("r", "AB"))
    whole = Path(folder.at("1-a.json")).read_text()
    Path(folder.at("2-cut.json")).write_text(whole[:100])
    Path(folder.at("3-empty.json")).touch()
    Path(folder.at(".4-temporary.json.tmp")).write_text(whole)
    (tmp_path / "elsewhere").write_text(whole)
    os.symlink(tmp_path / "elsewhere", folder.at("5-link.json"))
    os.mkfifo(folder.at("6-pipe.json"))

    assert len(list(folder.loaded())) == 1


def test_parts_are_bounded(folder: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    assert not folder.save("1-a", seen("r", "AB"))
    assert (folder.is_full, list(folder.parts())) == (True, [])


def test_the_number_of_parts_is_bounded(folder: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    assert folder.save("1-a", seen("r", "AB"))
    monkeypatch.setattr(module, "MOST_NAMES", 0)
    assert folder.save("1-a", seen("r", "BA"))  # it is there
    assert not folder.is_full
    assert not folder.save("2-b", seen("s", "AB"))
    assert folder.is_full


def test_one_process_shows_a_finding(folder: RunDirectory) -> None:
    answers = [folder.claim("f00", "warning"), folder.claim("f00", "warning"), folder.claim("f00", "error")]

    assert answers == [True, False, True]
    assert folder.claimed() == {"f00"}


def test_a_directory_with_parts_is_not_used_again(folder: RunDirectory) -> None:
    assert folder.save("1-a", seen("r", "AB"))
    with pytest.raises(FileExistsError):
        RunDirectory.make(Settings.here(Options()), folder.path)


def test_nothing_is_written_after_the_end() -> None:
    made = RunDirectory.make(Settings.here(Options()))
    made.remove()

    assert not made.save("1-a", seen("r", "AB"))
    assert made.claim("f00", "error")
    assert not os.path.exists(made.path)
    assert list(made.loaded()) == []
