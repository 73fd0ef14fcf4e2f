"""How reports name source files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lockdep.paths import short_path


def test_a_file_outside_of_projects_is_named_from_the_entry_of_sys_path_above_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(tmp_path / "parts" / "deep" / "app.py")
    assert short_path(file) == "app.py"  # nothing there is a package

    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert short_path(file) == "parts/deep/app.py"

    odd: list[object] = [[], str(tmp_path / "parts"), *sys.path]  # of a program that puts something else there, too
    monkeypatch.setattr(sys, "path", odd)
    assert short_path(file) == "deep/app.py"
