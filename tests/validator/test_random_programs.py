"""Random lock programs: the validator's verdicts equal a naive model's, are silent about ordered programs, and do not
depend on the build. LOCKDEP_TEST_PROGRAMS sets how many programs there are in all (2,000).

What is compared. The model makes a dependency from every held lock to the wanted one. The validator, like the kernel,
makes one only from the innermost held lock, because the others lead to that already: the same locks are reachable, by
other dependencies. It reports each cycle once, by one shortest path. For every program these must be equal:

* the step of the first finding, and the first acquisition for which the model says that a cycle is closed;
* step by step, whether something new is found, and whether the innermost held lock comes before the wanted one for the
  first time while the wanted one leads back to it;
* the knots of locks that can wait for each other in a circle, and the knots in which the findings lie. One finding does
  not name the whole knot, so each knot must have a finding, and each finding must lie within one knot, and must be a
  circle of dependencies that the model has as well.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockdep import fastpath
from tests.patience import PROGRAM_LIMIT
from tests.validator.model import Model
from tests.validator.programs import LONGEST, Cycle, decode, run, run_model

pytestmark = pytest.mark.ends

PROGRAMS = int(os.environ.get("LOCKDEP_TEST_PROGRAMS", "2000"))
SEED = 20260729

many = settings(max_examples=PROGRAMS * 2 // 5)
data = st.binary(min_size=2, max_size=LONGEST)


@many
@given(data)
def test_the_verdicts_are_those_of_the_model(data: bytes) -> None:
    program = decode(data)

    found = run(program)

    model, verdicts = run_model(program)
    assert [bool(new) for new in found] == [fresh for _, fresh in verdicts]
    assert first(map(bool, found)) == first(closing for closing, _ in verdicts)
    check_knots(model, list(chain.from_iterable(found)))


@many
@given(data)
def test_a_program_that_keeps_one_order_is_clean(data: bytes) -> None:
    assert not any(run(decode(data, ordered=True)))


def test_both_builds_give_equal_verdicts() -> None:
    if fastpath.BUILD != "compiled":
        pytest.skip("the compiled build is not there to be compared with")
    compiled, pure = (digest_in_build(forced) for forced in ("0", "1"))
    assert (compiled[0], pure[0]) == ("compiled", "pure")
    assert compiled[1] == pure[1]


def first(verdicts: Iterable[bool]) -> int | None:
    """Return the number of the first true verdict."""
    return next((number for number, verdict in enumerate(verdicts) if verdict), None)


def check_knots(model: Model, found: list[Cycle]) -> None:
    knots = model.knots()
    for cycle in found:
        assert all(model.order.has_edge(*dependency) for dependency in cycle), "a dependency that never was"
        assert [b for _, b in cycle] == [a for a, _ in (*cycle[1:], cycle[0])], "not a circle"
    places = [[knot for knot in knots if knot.issuperset(chain.from_iterable(cycle))] for cycle in found]
    assert all(len(place) == 1 for place in places), "a finding outside of every knot"
    assert all([knot] in places for knot in knots), "a knot without a finding"


def digest_in_build(pure: str) -> list[str]:
    environment = {**os.environ, "LOCKDEP_PURE": pure}
    command = [sys.executable, "-m", "tests.validator.programs", str(SEED), str(PROGRAMS // 5)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PROGRAM_LIMIT)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()
