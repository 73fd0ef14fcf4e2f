"""Runs the stress programs for two seconds each. `python -m tests.stress PROGRAM --seconds 60` runs them for longer."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.patience import PROGRAM_LIMIT

SECONDS = "2"


def run_stress(*arguments: str) -> str:
    """Run a stress program and return what it printed. Its own watchdog ends it before the time limit here."""
    command = [sys.executable, "-m", "tests.stress", *arguments, "--seconds", SECONDS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PROGRAM_LIMIT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("locks", ["raw", "lockdep"])
def test_locks_survive_a_storm_of_handlers_finalizers_interrupts_and_forks(locks: str) -> None:
    assert "signals" in run_stress("storm", "--locks", locks)


def test_threads_that_race_for_known_chains_report_a_ratio() -> None:
    assert "ratio" in run_stress("race", "--threads", "4")
