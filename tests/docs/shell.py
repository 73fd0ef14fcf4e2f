"""A folder in which the commands of a page are run, as a reader would run them, and what they print."""

from __future__ import annotations

import doctest
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT

# Statuses that say that a command was not understood, or that lockdep has failed: a page may not have such a command.
MISTAKES = {2, 4, 70, 126, 127}
MOST_TRIES = 3
COMMANDS = {"lockdep": "-m lockdep", "pytest": "-m pytest -p no:cacheprovider", "python": ""}
HIDDEN = ("LOCKDEP_", "PYTHON", "PYTEST_", "CI", "GITHUB_", "NO_COLOR", "FORCE_COLOR", "PY_COLORS", "BUILD_NUMBER")


class Shell:
    """Runs commands in a folder. PID in a command is the last one that was started in the background."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs: list[subprocess.Popen[bytes]] = []
        self.status = 0
        self._shims = folder.parent / f"{folder.name}-bin"
        self._shims.mkdir()
        for name, arguments in COMMANDS.items():
            shim = self._shims / name
            shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
            shim.chmod(0o755)

    def run(self, command: str) -> str:
        """Run a command to its end and return what it printed on both streams. It may be one in the background."""
        command = command.replace("$?", str(self.status))
        if self.jobs:
            command = re.sub(r"\bPID\b", str(self.jobs[-1].pid), command)
        output = self._shims / "output"
        with output.open("wb") as file:  # no pipe: a child that is left would keep it open
            started = subprocess.Popen(
                ["sh", "-c", f"exec {command[:-1]}" if command.endswith("&") else command],
                cwd=self.folder, env=self._environment(), stdin=subprocess.DEVNULL, stdout=file,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        if command.endswith("&"):
            self.jobs.append(started)
            return ""
        self.status = started.wait(PROGRAM_LIMIT)
        return output.read_text(encoding="utf-8")

    def run_until(self, command: str, wanted: str) -> str:
        """Run a command until it prints what is wanted.

        One that asks a running process is asked again for a minute. Others get three chances: on a busy machine the
        threads of a program may come in another order.
        """
        limit = time.monotonic() + PROGRAM_LIMIT / 5
        for tries in count(1):
            got = self.run(command)
            over = time.monotonic() > limit if "PID" in command else tries == MOST_TRIES
            if matches(wanted, got) or over:
                break
            time.sleep(0.2)
        return got

    def close(self) -> None:
        """End what was started in the background."""
        for job in self.jobs:
            if job.poll() is None:
                os.killpg(job.pid, signal.SIGKILL)
            job.wait(PROGRAM_LIMIT)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
        terminal = {"COLUMNS": "80", "PYTHONUNBUFFERED": "1"}  # output comes in the order in which it is written
        return {**kept, **terminal, "PATH": f"{self._shims}:{kept['PATH']}", "PYTHONPATH": str(ROOT)}


@contextmanager
def shell(folder: Path) -> Iterator[Shell]:
    """Give a shell for a folder; what it left running is ended."""
    made = Shell(folder)
    try:
        yield made
    finally:
        made.close()


def matches(wanted: str, got: str) -> bool:
    """Return whether the output is the one that is wanted, in which `...` stands for any text."""
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE  # the width of a column follows from the times in it
    return doctest.OutputChecker().check_output(stripped(wanted), stripped(got), flags)


def stripped(text: str) -> str:
    """Return the text without what depends on the build, on the version of Python and on the clock."""
    text = re.sub(r"^lockdep \((compiled|pure)\)", "lockdep", text, flags=re.MULTILINE)
    text = re.sub(r"\d+ lock class(es)?(, \d+ dependenc(y|ies))?(, \d+ chains?)?", "...", text)
    text = re.sub(r">?\b\d+(\.\d+)? (s|ms|us)\b", "TIME", text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"
