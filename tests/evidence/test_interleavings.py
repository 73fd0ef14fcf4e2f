"""Verdicts against all interleavings of small programs: no deadlock is excused, and what cannot be is not feasible."""

import pytest

from lockdep.validator.validator import Validator
from tests.evidence.interleavings import Program, can_deadlock, fresh_names, random_program
from tests.worlds import Lock, in_thread, nest, world

PROGRAMS = 400


def judged(program: Program) -> Validator:
    """Run the threads of a program one after the other, in an order of which nothing is known."""
    with world() as validator:
        locks = [Lock(name) for name in fresh_names()]
        for blocks in program:
            in_thread(lambda blocks=blocks: [nest(*(locks[number] for number in block)) for block in blocks])
        validator.findings()
        return validator


@pytest.mark.parametrize("first", range(0, PROGRAMS, 100))
def test_verdicts_agree_with_all_interleavings(first: int) -> None:
    deadlocks = excused = 0
    for seed in range(first, first + 100):
        program = random_program(seed)
        grades = {finding.grade for finding in judged(program).book.findings() if finding.slug == "circular"}
        if can_deadlock(program):
            deadlocks += 1
            assert grades & {"feasible", "potential"}, (seed, program, grades)
        else:
            excused += "excused" in grades
            assert "feasible" not in grades, (seed, program, grades)
    assert deadlocks > 20
    assert excused > 0
