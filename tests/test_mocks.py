"""Tests put mocks in the place of functions of os and its like: lockdep neither calls nor believes them."""

from __future__ import annotations

import os
import posixpath
import select
import threading
import time
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from lockdep import runtime
from lockdep.fastpath import BUILD
from lockdep.splats import splat
from tests.worlds import found, patched_world

NAMES: dict[Any, tuple[str, ...]] = {
    os: ("open", "close", "write", "fstat", "stat", "getcwd", "listdir"),
    posixpath: ("exists", "join", "abspath", "normpath", "relpath", "dirname"),
    time: ("time", "sleep", "monotonic", "perf_counter"),
    threading: ("get_ident", "current_thread", "main_thread", "enumerate"),
    select: ("poll", "select"),
}
PROGRAM = """
import threading
def make():
    first = threading.Lock()
    second = threading.Lock()
    return first, second
def use(first, second):
    with first, second: pass
    second.acquire(timeout=1)
    second.release()
"""


@pytest.mark.skipif(BUILD == "pure", reason="it sleeps by time.sleep, like anything in Python")
@pytest.mark.parametrize("orders", [[0, 1], [0, 0]], ids=["cycle", "no cycle"])
def test_mocks_are_not_called(tmp_path: Path, orders: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "package" / "module.py"
    path.parent.mkdir()
    (tmp_path / "pyproject.toml").touch()
    path.write_text(PROGRAM)
    names: dict[str, Any] = {}
    exec(compile(PROGRAM, str(path), "exec"), names)
    reports = tmp_path / "reports"
    descriptor = os.open(reports, os.O_WRONLY | os.O_CREAT)
    assert splat, "imported now: pytest's own import hook uses what is replaced"
    called = mock.Mock(side_effect=RuntimeError("a mock was called"))
    with patched_world():
        runtime.report_to(descriptor)
        with monkeypatch.context() as patch:
            patch.setattr("builtins.open", called)
            for module, functions in NAMES.items():
                for name in functions:
                    patch.setattr(module, name, called)
            locks = names["make"]()
            for order in orders:
                names["use"](*(reversed(locks) if order else locks))
        runtime.report_to(None)
        assert found() == ["circular"] * sum(orders)
    os.close(descriptor)

    assert not called.mock_calls
    assert ("package/module.py:4  first" in reports.read_text()) == bool(sum(orders))


def test_no_mock_moves_the_root_of_a_project(tmp_path: Path) -> None:
    from lockdep.paths import short_path

    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "package").mkdir()
    with mock.patch("os.path.exists", return_value=True), mock.patch("os.stat"):
        assert short_path(str(tmp_path / "package" / "module.py")) == "package/module.py"
    assert short_path(str(tmp_path / "elsewhere.py")) == "elsewhere.py"


def test_only_regular_files_are_read_as_source(tmp_path: Path) -> None:
    from lockdep.trace import source_lines

    pipe, file = tmp_path / "pipe", tmp_path / "file"
    os.mkfifo(pipe)
    file.write_text("lock = Lock()\n")

    assert source_lines(str(pipe)) == []  # to open it would wait for a writer
    assert source_lines("/dev/zero") == []
    assert source_lines(str(file)) == ["lock = Lock()"]
