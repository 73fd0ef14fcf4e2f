"""A program that has used up its file descriptors gets its reports nevertheless."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lockdep import descriptors
from lockdep.reports.outlet import Outlet
from tests.worlds import program

LEAK = """
import os, resource, sys, threading
resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
a = threading.Lock()
b = threading.Lock()
leaked = []
try:
    while True:
        leaked.append(os.open(os.devnull, os.O_RDONLY))
except OSError as error:
    print(error.strerror)
with a:
    with b: pass
with FIRST:
    with SECOND: pass
try:
    os.open(os.devnull, os.O_RDONLY)
except OSError as error:
    print(error.strerror, resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(("first", "second"), [("b", "a"), ("a", "b")], ids=["cycle", "no cycle"])
def test_the_report_and_the_files_are_written(tmp_path: Path, first: str, second: str) -> None:
    source = LEAK.replace("FIRST", first).replace("SECOND", second)
    flags = ("-m", "lockdep", "run", "--report", f"json:{tmp_path / 'report.json'}")
    done = program(tmp_path, source, command=flags)
    found = first == "b"

    assert done.returncode == (66 if found else 0), done.stderr
    assert done.stdout == "Too many open files\nToo many open files (60, 60)\n"
    assert ("with b:" in done.stderr) == found, "the report shows the source"
    assert "failed" not in done.stderr
    assert "could not" not in done.stderr
    assert len(json.loads((tmp_path / "report.json").read_text())) == found


def test_a_duplicate_is_given_up_and_got_again(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    outlet = Outlet(writer)
    outlet.keep()
    monkeypatch.setattr(descriptors._Kept, "release", outlet.release)
    monkeypatch.setattr(descriptors._Kept, "keep", outlet.keep)
    monkeypatch.setattr(descriptors, "raise_limit", lambda: None)
    with descriptors.one_free():
        assert outlet._duplicate is not None, "one is free"
    monkeypatch.setattr(descriptors, "is_one_free", lambda: False)
    with descriptors.one_free():
        assert outlet._duplicate is None
    assert outlet._duplicate is not None
    assert outlet.release()
    assert not outlet.release()
    os.close(reader)
    os.close(writer)
