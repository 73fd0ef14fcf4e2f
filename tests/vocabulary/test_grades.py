"""The list of grades: its order, the table in the docs, and that no other file has a list, or a grade, of its own."""

from __future__ import annotations

import ast
import re

from lockdep.vocabulary import grades
from tests.sourcetree import PACKAGES, ROOT


def test_a_grade_is_as_strong_as_itself_and_as_all_that_follow() -> None:
    for at, name in enumerate(grades.GRADES):
        weaker = [rank >= at for rank in range(len(grades.GRADES))]
        assert [grades.at_least(name, other) for other in grades.GRADES] == weaker


def test_the_page_has_the_level_of_every_grade_it_explains_strongest_first() -> None:
    rows = re.findall(r"^\| (\w+) \| (error|warning) \|", (ROOT / "docs/grades.md").read_text(), re.MULTILINE)
    assert rows
    assert rows == [(name, level) for name, level, _ in grades.TABLE if name in dict(rows)]


def test_no_other_file_has_a_grade_as_a_bare_string() -> None:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if path.name != "grades.py"]
    bare = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.value}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in grades.GRADES
    ]
    assert bare == []
