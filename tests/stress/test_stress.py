"""The stress programs, for two seconds each. By hand, longer: see tests/stress, `--seconds 60`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.patience import PROGRAM_LIMIT

SECONDS = "2"


def run_stress(*arguments: str) -> str:
    """Run a stress program to its end; return what it printed. It has a watchdog of its own; this is the second one."""
    command = [sys.executable, "-m", "tests.stress", *arguments, "--seconds", SECONDS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PROGRAM_LIMIT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("locks", ["raw", "lockdep"])
def test_locks_survive_a_storm_of_handlers_finalizers_interrupts_and_forks(locks: str) -> None:
    assert "signals" in run_stress("storm", "--locks", locks)


def test_threads_may_race_for_known_chains() -> None:
    assert "ratio" in run_stress("race", "--threads", "4")
