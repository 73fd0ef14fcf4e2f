"""Torture of every primitive, two seconds each, and of variants that are broken on purpose, which it must detect.

To run it for longer: `python -m tests.stress locktorture --seconds 60`.
"""

from __future__ import annotations

import pytest

from tests.stress.subjects import all_subjects
from tests.tortures import torture

pytestmark = pytest.mark.torture

SUBJECTS = all_subjects()
SHARED = [name for name, make in SUBJECTS.items() if make(False).read]


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_writer_is_alone_in_its_section(name: str) -> None:
    done = torture("locktorture", "--primitive", name)

    assert done.exit_code == 0, done.output
    assert "0 violations" in done.output


@pytest.mark.parametrize("name", SHARED)
def test_no_reader_is_inside_with_a_writer(name: str) -> None:
    done = torture("rwtorture", "--primitive", name)

    assert done.exit_code == 0, done.output
    assert "0 violations" in done.output


@pytest.mark.once
@pytest.mark.parametrize("name", SUBJECTS)
def test_the_torture_detects_a_broken_variant(name: str) -> None:
    done = torture("rwtorture" if name in SHARED else "locktorture", "--primitive", name, "--broken")

    assert done.exit_code == 1, done.output
    assert "0 violations" not in done.output
    assert " violations" in done.output
