"""The slow model of the self-test agrees with the cases, and the validator agrees with the model on random programs.

LOCKDEP_TEST_PROGRAMS sets how many programs there are (2,000). For many more:
`python -m tests.selftest.random --count 100000`.
"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.selftest.agreement import Disagreement, check
from tests.selftest.cases import Case
from tests.selftest.model import Model
from tests.selftest.play import OK
from tests.selftest.programs import LONGEST, write
from tests.selftest.random import batch, programs
from tests.selftest.run import FILES, load_file, run_model
from tests.selftest.shrink import balanced, shrink

pytestmark = pytest.mark.torture

PROGRAMS = int(os.environ.get("LOCKDEP_TEST_PROGRAMS", "2000"))
BATCHES = 4
CASES = [case for path in FILES for case in load_file(path)]
FIRST_SEED = 1000

some = settings(max_examples=PROGRAMS // 40)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.once
def test_the_model_agrees_with_the_cases(case: Case) -> None:
    outcome = run_model(without_text(case))

    assert outcome.verdict == OK, f"expected {outcome.expected}; found {outcome.actual}"


def without_text(case: Case) -> Case:
    """Return the case without its expectations about the text of reports, since the model writes none."""
    return replace(case, report_has=(), report_lacks=())


@some
@given(programs)
def test_the_validator_agrees_with_the_model(case: Case) -> None:
    check(case)


@pytest.mark.once
@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + BATCHES))
def test_the_validator_agrees_with_the_model_in_batches(seed: int) -> None:
    titles, trouble = batch(seed, PROGRAMS // 20)

    assert not trouble, trouble
    assert len(titles) >= 5, "the programs find next to nothing"


@some
@given(st.binary(min_size=8, max_size=LONGEST))
@pytest.mark.once
def test_a_random_program_ends_with_nothing_held_or_disabled(data: bytes) -> None:
    assert balanced(write(data))


def test_a_program_on_which_they_differ_is_found_and_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    (case,) = [case for case in CASES if case.name == "circle_after_circle"]
    check(case)
    monkeypatch.setattr(Model, "_add_dependencies", lambda *_: None)

    with pytest.raises(Disagreement, match="found in vain"):
        check(case)

    small = shrink(case)
    assert len(small.steps) <= 8
    assert len(small.locks) == 2
