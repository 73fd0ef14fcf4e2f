"""The run directory: parts that are broken, too large or too many; who shows a finding; and its removal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lockdep.config import Options
from lockdep.live.before import NOTHING, SeenBefore
from lockdep.live.taking import found_since, snapshot
from lockdep.processes import folder as module
from lockdep.processes.folder import FOUND, RunDirectory, Settings
from lockdep.processes.merged import whole_of
from tests.snapshots.snapshot_makers import seen
from tests.worlds import five, nest, world


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


def summary(folder: RunDirectory) -> str:
    whole = whole_of(folder)
    assert whole is not None
    return whole.summary()


def test_the_summary_names_what_is_lost(folder: RunDirectory) -> None:
    assert folder.save("1-a", seen("r", "AB"))
    for member in ("17-ab", "4-cd"):
        folder.promise(member)
    assert summary(folder).endswith("; lost: what 4, 17 saw last")

    Path(folder.at("3-cut.json")).write_text("{")
    folder.keep_promise("17-ab")
    assert summary(folder).endswith("; lost: what 4 saw last; not readable: 3-cut.json")

    folder.keep_promise("4-cd")
    os.unlink(folder.at("3-cut.json"))
    assert "lost" not in summary(folder)
    assert "readable" not in summary(folder)


def test_findings_that_are_newer_than_the_part_are_added_to_it(folder: RunDirectory) -> None:
    with world() as validator:
        a, b, c, _, _ = five()
        nest(a, b)
        nest(b, a)
        old, known = snapshot(), SeenBefore.findings_of(validator)
        nest(b, c)
        nest(c, b)
        new, everything = found_since(known), found_since(NOTHING)
        assert found_since(SeenBefore.findings_of(validator)).findings == ()
    assert [len(one.findings) for one in (old, new, everything)] == [1, 1, 2]

    for found in (new, everything):
        assert folder.save("1-a", found, FOUND)
        assert [one.count for part in folder.loaded() for one in part.findings] == [1] * len(found.findings)
    assert folder.save("1-a", old)
    for found in (new, everything):
        assert folder.save("1-a", found, FOUND)
        assert [one.count for part in folder.loaded() for one in part.findings] == [1, 1]
    folder.drop_found("1-a")
    assert [len(part.findings) for part in folder.loaded()] == [1]
