"""Run cases, against a fresh validator each or against the slow model."""

from __future__ import annotations

from pathlib import Path

from tests.selftest import track
from tests.selftest.cases import Case, load
from tests.selftest.kinds import DRIVERS, supports
from tests.selftest.model import Model
from tests.selftest.play import Outcome, judge, play

FILES = tuple(Path(__file__).with_name(name) for name in ("kernel-cases.json", "beyond.json"))


def load_file(path: Path) -> list[Case]:
    return load(path, supports, frozenset(DRIVERS))


def run_case(case: Case) -> Outcome:
    with track.world() as world:
        played = play(case, world)
    return judge(case, played)


def run_model(case: Case) -> Outcome:
    return judge(case, play(case, Model()))
