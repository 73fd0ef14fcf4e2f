"""rcutorture and seqtorture, for two seconds each, and of variants that are broken on purpose.

By hand, longer: `python -m tests.stress rcutorture --seconds 60`.
"""

from __future__ import annotations

import pytest

from tests.stress import rcutorture, seqtorture
from tests.tortures import torture

pytestmark = pytest.mark.torture

EVERY = [("rcutorture", name) for name in rcutorture.SUBJECTS] + [("seqtorture", name) for name in seqtorture.SUBJECTS]


@pytest.mark.parametrize(("program", "name"), EVERY)
def test_no_reader_sees_freed_or_torn_data(program: str, name: str) -> None:
    done = torture(program, "--primitive", name)

    assert done.exit_code == 0, done.output
    assert f"{program} of {name}" in done.output
    assert " 0 violations" in done.output


@pytest.mark.once
@pytest.mark.parametrize(("program", "name"), EVERY)
def test_the_torture_detects_a_broken_variant(program: str, name: str) -> None:
    done = torture(program, "--primitive", name, "--broken")

    assert done.exit_code == 1, done.output
    assert "that was freed" in done.output or "half written" in done.output
