"""Verdicts against all interleavings of small programs: no deadlock is excused, and what cannot be is not feasible."""

from collections.abc import Sequence

import pytest

from lockdep.validator.validator import Validator
from tests.evidence.interleavings import Program, can_deadlock, fresh_names, random_program
from tests.worlds import Lock, in_thread, nest, world

PROGRAMS = 400


def judged(program: Program, classes: Sequence[int] = (0, 1, 2, 3)) -> Validator:
    """Run the threads of a program one after the other, in an order of which nothing is known.

    `classes` has for each lock the number of its class.
    """
    with world() as validator:
        names = fresh_names()
        locks = [Lock(names[number]) for number in classes]
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


@pytest.mark.parametrize("classes", [(0, 0, 1, 2), (0, 0, 0, 1), (0, 0, 1, 1)])
def test_so_they_do_if_some_locks_are_of_one_class(classes: Sequence[int]) -> None:
    found = deadlocks = 0
    for seed in range(200):
        program = random_program(seed)
        grades = {finding.grade for finding in judged(program, classes).book.findings() if finding.slug == "circular"}
        if can_deadlock(program):
            deadlocks += 1
            assert grades & {"feasible", "potential"}, (seed, program, grades)
        else:
            found += bool(grades)
            assert "feasible" not in grades, (seed, program, grades)
    assert deadlocks > 40
    assert found > 0
