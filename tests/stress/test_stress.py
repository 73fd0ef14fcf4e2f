"""The stress programs, for two seconds each."""

from __future__ import annotations

import pytest

from tests.tortures import torture


def run_stress(program: str, *arguments: str) -> str:
    """Run a stress program to a good end, and return what it printed."""
    done = torture(program, *arguments)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("locks", ["raw", "lockdep"])
def test_locks_survive_a_storm_of_handlers_finalizers_interrupts_and_forks(locks: str) -> None:
    assert "signals" in run_stress("storm", "--locks", locks)


def test_locks_survive_what_goes_wrong_in_the_middle_of_an_operation() -> None:
    assert "interrupts" in run_stress("upheaval")


def test_threads_that_ask_about_others_are_told() -> None:
    assert "looks" in run_stress("onlookers")


def test_threads_that_hand_over_are_judged_by_what_they_know() -> None:
    assert "hand-overs" in run_stress("handovers")


@pytest.mark.once
def test_what_killed_processes_have_left_merges_and_what_is_lost_is_named() -> None:
    assert "processes killed" in run_stress("kills")


def test_threads_that_race_for_known_chains_report_a_ratio() -> None:
    assert "ratio" in run_stress("race", "--threads", "4")
