"""worktorture, for two seconds each, and of variants that are broken on purpose.

By hand, longer: `python -m tests.stress worktorture --seconds 60`.
"""

from __future__ import annotations

import pytest

from tests.stress.worktorture import SUBJECTS
from tests.tortures import torture

pytestmark = pytest.mark.torture


@pytest.mark.parametrize("name", SUBJECTS)
def test_what_was_waited_for_is_done_and_over(name: str) -> None:
    done = torture("worktorture", "--primitive", name)

    assert done.exit_code == 0, done.output
    assert f"worktorture of {name}" in done.output
    assert " 0 violations" in done.output


@pytest.mark.once
@pytest.mark.parametrize("name", SUBJECTS)
def test_the_torture_detects_a_broken_variant(name: str) -> None:
    done = torture("worktorture", "--primitive", name, "--broken")

    assert done.exit_code == 1, done.output
    assert " 0 violations" not in done.output
    assert " violations" in done.output
