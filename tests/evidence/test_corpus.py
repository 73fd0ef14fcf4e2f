"""The corpus: small programs whose truth is known. Each says in its head how it must be graded, and why.

The head is the docstring: a sentence, then `grade:` with the strongest grade that is due (`none` if nothing may be
found), and `because:` with a part of the reason; `wrong:` says why lockdep is known to grade it otherwise. A sound
program and a true one that differ in little are twins.
"""

import gc
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from lockdep import runtime
from lockdep.violations.finding import Finding
from lockdep.vocabulary import grades
from tests.worlds import patched_world

PROGRAMS = sorted((Path(__file__).parent / "corpus").glob("*.py"))


def line_of(path: Path, name: str) -> str:
    """Return what the head of a program says after a name; '' if it says nothing."""
    head = path.read_text().split('"""')[1]
    found = re.search(rf"^{name}: (.*)$", head, re.MULTILINE)
    return found[1] if found else ""


def marked(path: Path) -> Any:
    """Return a program as the parameter of a test, which has to fail if the grade is known to be wrong."""
    wrong = line_of(path, "wrong")
    return pytest.param(path, id=path.stem, marks=[pytest.mark.xfail(reason=wrong, strict=True)] if wrong else [])


@pytest.mark.parametrize("path", [marked(path) for path in PROGRAMS])
def test_each_program_gets_the_grade_that_is_due(path: Path) -> None:
    with patched_world() as validator:
        objects = runpy.run_path(str(path), run_name="__main__")  # they live until the findings are known
        gc.collect()
        found = [finding for finding in validator.findings() if finding.slug in ("circular", "join", "recursive")]
        assert validator.failures == 0, validator.book.failure
        del objects

    grade, because = expected(path)
    assert strongest(found) == grade, [(one.grade, one.reason, one.classes) for one in found]
    if because:
        assert any(because in one.reason for one in found if one.grade == grade), [one.reason for one in found]


def test_excused_findings_are_not_reported_unless_asked_for() -> None:
    with patched_world():
        runpy.run_path(str(next(path for path in PROGRAMS if path.stem == "gate")), run_name="__main__")
        assert runtime.findings() == ()
        (finding,) = runtime.findings(excused=True)

    assert finding.excuses == (finding.reason,)
    assert finding.level == "warning"


def test_the_corpus_has_twins_of_every_kind() -> None:
    assert len(PROGRAMS) >= 24
    sound = [path for path in PROGRAMS if expected(path)[0] in ("excused", "none")]
    assert len(sound) >= len(PROGRAMS) // 4


def expected(path: Path) -> tuple[str, str]:
    """Return the grade that is due, and a part of the reason, from the head of a program."""
    return line_of(path, "grade"), line_of(path, "because")


def strongest(found: list[Finding]) -> str:
    """Return the strongest grade among findings, `none` if there are none."""
    return min((one.grade for one in found), key=grades.rank, default="none")
