"""Runs a program of tests/stress for two seconds. By hand, longer: `python -m tests.stress PROGRAM --seconds 60`."""

from __future__ import annotations

import sys
import sysconfig

from tests.bounded import Ended, run_bounded
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT

# How the C library ends a process that wakes a semaphore which is gone. Without the GIL, the interpreter itself does
# so (python/cpython#148820): a thread that a signal interrupts, while it waits for a lock inside the interpreter,
# leaves its stack, semaphore and all, before the owner of that lock has woken it. Nothing that Python code does
# prevents it, and it ends one run in some hundreds.
ABORTED = "The futex facility returned an unexpected error code."
RUNS = 5 if sysconfig.get_config_var("Py_GIL_DISABLED") else 1


def torture(program: str, *arguments: str) -> Ended:
    """Run a stress program, again if the interpreter aborted it. Its own watchdog ends it before the limit here."""
    command = [sys.executable, "-m", "tests.stress", program, "--seconds", "2", *arguments]
    for _ in range(RUNS):
        done = run_bounded(command, PROGRAM_LIMIT, cwd=ROOT)
        if not done.output.startswith(ABORTED):
            break
    return done
