"""rcutorture and seqtorture, for two seconds each, and of variants that are broken on purpose.

By hand, longer: `python -m tests.stress rcutorture --seconds 60`.
"""

from __future__ import annotations

import sys

import pytest

from tests.bounded import Ended, run_bounded
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT
from tests.stress import rcutorture, seqtorture

pytestmark = pytest.mark.torture

EVERY = [("rcutorture", name) for name in rcutorture.SUBJECTS] + [("seqtorture", name) for name in seqtorture.SUBJECTS]


def torture(program: str, name: str, *more: str) -> Ended:
    command = [sys.executable, "-m", "tests.stress", program, "--primitive", name, "--seconds", "2", *more]
    return run_bounded(command, PROGRAM_LIMIT, cwd=ROOT)


@pytest.mark.parametrize(("program", "name"), EVERY)
def test_no_reader_sees_freed_or_torn_data(program: str, name: str) -> None:
    done = torture(program, name)

    assert done.exit_code == 0, done.output
    assert f"{program} of {name}" in done.output
    assert " 0 violations" in done.output


@pytest.mark.once
@pytest.mark.parametrize(("program", "name"), EVERY)
def test_the_torture_detects_a_broken_variant(program: str, name: str) -> None:
    done = torture(program, name, "--broken")

    assert done.exit_code == 1, done.output
    assert "that was freed" in done.output or "half written" in done.output
