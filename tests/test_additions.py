"""Adding a rule takes six files: record, check, its line in the rules, renderer, golden story and explanation.

A rule is added to a copy of the sources, and a program breaks it there, on the pure build.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import copy_source
from tests.test_additions_context import contents, edit

pytestmark = pytest.mark.once

MOST_FILES = 6

RECORD = '''
"""Too many locks are held together. A kind of violation for this test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lockdep.graph.classes import LockClass
from lockdep.violations.violation import Defaults
from lockdep.violations.where import Where


@dataclass(frozen=True, slots=True)
class DeepNesting(Defaults):
    """A lock is taken on top of `depth` others."""

    slug: ClassVar[str] = "deep"
    title: ClassVar[str] = "too many locks held"

    lock_class: LockClass
    depth: int
    where: Where

    @property
    def classes(self) -> tuple[LockClass, ...]:
        """The innermost class."""
        return (self.lock_class,)
'''

CHECK = '''
"""No thread may hold more than three locks."""

from __future__ import annotations

from lockdep.validator.acquisition import Acquisition
from lockdep.violations.deep import DeepNesting


def check_deep(new: Acquisition) -> DeepNesting | None:
    """Return a violation if three locks are held already."""
    if len(new.held) < 3:
        return None
    return DeepNesting(new.lock_class, len(new.held), new.where())
'''

RENDERER = '''
"""How a nest of too many locks is told."""

from __future__ import annotations

from lockdep.splats.page import Body, Page
from lockdep.splats.tellers import tells
from lockdep.violations.deep import DeepNesting


@tells(DeepNesting)
def body(page: Page, violation: DeepNesting) -> Body:
    """Return the report."""
    return [f"{violation.depth} locks are held already:", *page.tail(violation.where)]
'''

STORY = '''
"""Four locks are held at once; three are allowed."""

import threading

first = threading.Lock()
second = threading.Lock()
third = threading.Lock()
fourth = threading.Lock()

with first, second, third:
    pass
with first, second, third, fourth:
    pass
'''

IMPORTS = "from lockdep.validator.checks.irq_order import"
TABLE = "(check_wait_context, check_sleep, check_declared)"
SECTION = "## `wait-context`: Invalid wait context"


def add_rule(tree: Path) -> None:
    """Add the rule to a source tree."""
    (tree / "lockdep/violations/deep.py").write_text(RECORD.lstrip())
    (tree / "lockdep/validator/checks/deep.py").write_text(CHECK.lstrip())
    (tree / "lockdep/splats/kinds/deep.py").write_text(RENDERER.lstrip())
    rules = tree / "lockdep/validator/rules.py"
    edit(rules, IMPORTS, f"from lockdep.validator.checks.deep import check_deep\n{IMPORTS}")
    edit(rules, TABLE, "(check_wait_context, check_deep)")
    told = "## `deep`: too many locks held\n\nFour locks are held.\n\nWhat to do: hold fewer."
    edit(tree / "lockdep/reports/findings.md", SECTION, f"{told}\n\n{SECTION}")
    (tree / "tests/splats/golden").mkdir(parents=True)
    (tree / "tests/splats/golden/deep.py").write_text(STORY.lstrip())


def report(tree: Path) -> str:
    """Run the story in the tree; return what is reported."""
    environment = {name: value for name, value in os.environ.items() if name != "LOCKDEP_OPTIONS"}
    environment |= {"PYTHONPATH": str(tree), "LOCKDEP_PURE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "lockdep", "run", "--report", "json", "tests/splats/golden/deep.py"]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=PROGRAM_LIMIT)
    assert done.returncode == 66, done.stderr
    return done.stderr + done.stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_source(tmp_path_factory.mktemp("additions") / "tree")


def test_a_rule_is_added_by_at_most_six_files_and_reports(tree: Path) -> None:
    before = contents(tree)
    add_rule(tree)
    after = contents(tree)

    touched = {name for name in before | after if before.get(name) != after.get(name)}
    told = report(tree)

    assert len(touched) <= MOST_FILES, touched
    assert "\nERROR: too many locks held " in told
    assert "\n3 locks are held already:\n3 locks held by MainThread:\n" in told
    assert told.count("too many locks held") == 4  # report, and title, headline and text in JSON; no other finding
    assert '"slug": "deep"' in told
