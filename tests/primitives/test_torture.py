"""Torture of every primitive, two seconds each, and of variants that are broken on purpose, which it must detect.

To run it for longer: `python -m tests.stress locktorture --seconds 60`.
"""

from __future__ import annotations

import sys

import pytest

from tests.bounded import Ended, run_bounded
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT
from tests.stress.subjects import all_subjects

pytestmark = pytest.mark.torture

SUBJECTS = all_subjects()
SHARED = [name for name, make in SUBJECTS.items() if make(False).read]


def torture(program: str, name: str, *more: str) -> Ended:
    command = [sys.executable, "-m", "tests.stress", program, "--seconds", "2", "--primitive", name, *more]
    return run_bounded(command, PROGRAM_LIMIT, cwd=ROOT)


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_writer_is_alone_in_its_section(name: str) -> None:
    done = torture("locktorture", name)

    assert done.exit_code == 0, done.output
    assert "0 violations" in done.output


@pytest.mark.parametrize("name", SHARED)
def test_no_reader_is_inside_with_a_writer(name: str) -> None:
    done = torture("rwtorture", name)

    assert done.exit_code == 0, done.output
    assert "0 violations" in done.output


@pytest.mark.once
@pytest.mark.parametrize("name", SUBJECTS)
def test_the_torture_detects_a_broken_variant(name: str) -> None:
    done = torture("rwtorture" if name in SHARED else "locktorture", name, "--broken")

    assert done.exit_code == 1, done.output
    assert "0 violations" not in done.output
    assert " violations" in done.output
