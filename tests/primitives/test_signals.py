"""Waits that are interrupted by signal handlers (Ctrl-C among them) and forks: each case in a process of its own."""

from __future__ import annotations

import sys

import pytest

from lockdep.fastpath import BUILD
from tests.bounded import run_bounded
from tests.patience import PROGRAM_LIMIT
from tests.primitives.contract import Adapter, all_adapters
from tests.sourcetree import ROOT

EVERY = all_adapters()


def run(case: str, way: Adapter) -> list[str]:
    done = run_bounded([sys.executable, "-m", "tests.primitives.signals", case, way.name], PROGRAM_LIMIT, cwd=ROOT)
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


@pytest.mark.parametrize("way", EVERY, ids=str)
def test_an_exception_out_of_a_handler_ends_any_wait(way: Adapter) -> None:
    assert run("interrupted", way) == ["interrupted", "findings:"]


@pytest.mark.parametrize("way", EVERY, ids=str)
def test_a_plain_wait_continues_after_a_handler_returns(way: Adapter) -> None:
    assert run("returned", way) == ["went on", "findings:"]


INTERRUPTIBLE = [each for each in EVERY if each.interruptible]
FOR_EVENTS = [each for each in EVERY if not (each.owned or each.shared)]


@pytest.mark.parametrize("way", INTERRUPTIBLE if BUILD == "compiled" else INTERRUPTIBLE[:1], ids=str)
@pytest.mark.xfail(BUILD == "pure", reason="nothing tells the pure build that a handler has run", strict=True)
def test_a_handler_that_returns_ends_an_interruptible_wait(way: Adapter) -> None:
    assert run("interruptible", way) == ["InterruptedError", "findings:"]


@pytest.mark.parametrize("way", EVERY, ids=str)
def test_a_handler_may_take_the_lock_its_thread_waits_for(way: Adapter) -> None:
    assert run("on_top", way) == ["on top", "below", "findings:"]


@pytest.mark.parametrize("way", EVERY, ids=str)
def test_the_waiters_of_the_parent_are_gone_in_the_child(way: Adapter) -> None:
    assert run("forked", way) == ["both went on", "findings:"]


@pytest.mark.parametrize("way", FOR_EVENTS, ids=str)
def test_a_wait_continues_in_the_child_of_a_forking_handler(way: Adapter) -> None:
    assert run("forked_on_top", way) == ["both went on", "findings:"]
