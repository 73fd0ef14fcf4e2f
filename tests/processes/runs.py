"""Runs of `lockdep run` whose program starts child processes, and what is left of them."""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.worlds import program

ABBA = """
import threading
def abba():
    a = threading.Lock()
    b = threading.Lock()
    with a:
        with b: pass
    with b:
        with a: pass
def abab():
    a = threading.Lock()
    b = threading.Lock()
    for _ in range(2):
        with a:
            with b: pass
"""
SUMMARY = re.compile(r"lockdep \(\w+\): (\d+) errors?, (\d+) warnings?(?:.*?)(?: in (\d+) process(?:es)?)?; ")


@dataclass
class Run:
    """What a run has printed and written. `summary` is (errors, warnings, processes, or 1 if it says nothing)."""

    stdout: str
    stderr: str
    status: int
    findings: list[dict[str, Any]]
    left: list[str]  # the names in the folder for temporary files, where run directories are made

    @property
    def summary(self) -> tuple[int, int, int]:
        found = SUMMARY.search(self.stderr.splitlines()[-1])
        assert found is not None, self.stderr
        return int(found[1]), int(found[2]), int(found[3] or 1)

    @property
    def reports(self) -> int:
        """The number of reports on standard error."""
        return self.stderr.count("ERROR: possible circular")

    def assert_one_finding(self, processes: int = 2) -> None:
        assert self.summary == (1, 0, processes), self.stderr
        assert (self.status, self.reports, len(self.findings)) == (66, 1, 1), self.stderr
        assert self.left == []

    def assert_silent(self, processes: int = 2) -> None:
        assert self.summary == (0, 0, processes), self.stderr
        assert len(self.stderr.splitlines()) == 1, self.stderr
        assert (self.status, self.findings, self.left) == (0, [], []), self.stderr


def run(folder: Path, source: str, *options: str, flags: tuple[str, ...] = (), **environment: str) -> Run:
    """Run a program under `lockdep run`, with a folder for temporary files of its own."""
    report = folder / "found.json"
    command = ("-m", "lockdep", "run", "--report", f"json:{report}", *options)
    with tempfile.TemporaryDirectory(prefix="t") as temporary:  # the address of a socket in it must be short
        os.chmod(temporary, 0o777)
        done = program(folder, source, *flags, command=command, **{"TMPDIR": temporary, **environment})
        left = sorted(os.listdir(temporary))
    found = json.loads(report.read_text()) if report.exists() else []
    return Run(done.stdout, done.stderr, done.returncode, found, left)
