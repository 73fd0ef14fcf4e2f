"""Runs a stress program in a process of its own, and turns a hang into stack traces and a failure."""

from __future__ import annotations

import faulthandler
import subprocess
import sys

from tests.patience import THREAD_LIMIT

GRACE = 1.5 * THREAD_LIMIT  # seconds for the start, the end of all threads and the checks


def run_guarded(arguments: list[str], seconds: float) -> int:
    """Run `python -m tests.stress ARGUMENTS --child` and return its exit code; 124 if it had to be killed."""
    command = [sys.executable, "-X", "faulthandler", "-m", "tests.stress", *arguments, "--child"]
    try:
        return subprocess.run(command, timeout=seconds + GRACE + 20).returncode
    except subprocess.TimeoutExpired:
        print("stress: killed: not even the traceback of the hang could be written", file=sys.stderr)
        return 124


def guard_this_process(seconds: float) -> None:
    """If this process does not end GRACE seconds after `seconds`, write every thread's stack and exit with status 1."""
    faulthandler.enable()
    faulthandler.dump_traceback_later(seconds + GRACE, exit=True)
