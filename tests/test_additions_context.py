"""Adding a context takes a row of the STATE table, a file in contexts/, a line in the docs, and a test: nothing else.

A context is added to a copy of the sources, and a program uses it there, on the pure build.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT, copy_source

pytestmark = pytest.mark.once

MOST_FILES = 5

LAST_ROW = 'FINALIZER = State("FINALIZER", 3, "F", "finalizers", wait=MAX, threaded=MAX, on=False, by_instance=True)\n'
NEW_ROW = 'ALARM = State("ALARM", 4, "A", "alarms", wait=MAX, threaded=MAX)\n'

ENGINE = '''
"""Alarms: a context for this test, whose handlers run in the thread that they interrupt."""

from collections.abc import Callable

from lockdep.contexts import engine
from lockdep.vocabulary.states import ALARM


def ring(handler: Callable[[], object]) -> None:
    """Interrupt this thread by a handler."""
    engine.enter(ALARM)
    try:
        handler()
    finally:
        engine.leave(ALARM)


def mute() -> None:
    """Let no alarm come in this thread."""
    engine.disable(ALARM)


def unmute() -> None:
    """Undo one mute."""
    engine.enable(ALARM)
'''

PROGRAM = """
import sys

import lockdep
from lockdep.contexts import alarms
from lockdep.threading import Lock

shared, private = Lock("shared"), Lock("private")


def handler():
    with shared, private:
        pass


def handle_muted():
    alarms.mute()
    with shared:
        pass
    alarms.unmute()


def hold_over_unmute():
    alarms.mute()
    with shared:
        alarms.unmute()


def handle_unmuted():
    with shared:
        pass


alarms.ring(handler)
globals()[sys.argv[1]]()
print(*(f"{finding.slug}: {finding.title}" for finding in lockdep.findings()), sep="\\n")
print(*lockdep.findings(), sep="\\n")
"""


def contents(tree: Path) -> dict[str, bytes]:
    files = (path for path in tree.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {str(path.relative_to(tree)): path.read_bytes() for path in files}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, f"{path} has {old!r} {text.count(old)} times"
    path.write_text(text.replace(old, new))


def copy_with_page(tree: Path) -> Path:
    """Copy the sources, and the page that says who can interrupt whom."""
    made = copy_source(tree)
    (made / "docs").mkdir()
    shutil.copy2(ROOT / "docs/interrupts.md", made / "docs")
    return made


def add_alarms(tree: Path) -> None:
    """Add the context ALARM to a source tree."""
    states = tree / "lockdep/vocabulary/states.py"
    edit(states, LAST_ROW, LAST_ROW + NEW_ROW)
    edit(states, "SIGNAL, FINALIZER)", "SIGNAL, FINALIZER, ALARM)")
    (tree / "lockdep/contexts/alarms.py").write_text(ENGINE.lstrip())
    with (tree / "docs/interrupts.md").open("a") as page:
        page.write("\nAlarms interrupt any thread; `lockdep.contexts.alarms` runs their handlers.\n")
    (tree / "tests/contexts").mkdir(parents=True)
    (tree / "tests/contexts/alarms_program.py").write_text(PROGRAM.lstrip())


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = copy_with_page(tmp_path_factory.mktemp("additions") / "tree")
    add_alarms(made)
    return made


def run(tree: Path, what: str) -> str:
    """Run the program of the tree; return what it printed."""
    environment = {name: value for name, value in os.environ.items() if name != "LOCKDEP_OPTIONS"}
    environment |= {"PYTHONPATH": str(tree), "LOCKDEP_PURE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    program = str(tree / "tests/contexts/alarms_program.py")
    done = subprocess.run(
        [sys.executable, program, what],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PROGRAM_LIMIT,
        check=True,
    )
    return done.stdout


def test_a_context_is_added_by_at_most_five_files(tmp_path: Path) -> None:
    copy = copy_with_page(tmp_path / "tree")
    before = contents(copy)
    add_alarms(copy)

    after = contents(copy)

    touched = {name for name in before | after if before.get(name) != after.get(name)}
    assert len(touched) <= MOST_FILES, touched


def test_a_lock_of_its_handler_that_is_taken_with_it_enabled_is_reported(tree: Path) -> None:
    told = run(tree, "handle_unmuted")

    assert told.splitlines()[0] == "usage: inconsistent lock state"
    assert told.count("inconsistent lock state") == 2  # the list, and one splat
    assert "inconsistent {IN-ALARM-W} -> {ALARM-ON-W} usage." in told
    assert "thread MainThread [HC0[0]:SC0[0]:AC0[0]:HE1:SE1:AE1] takes:" in told
    assert "<Alarm>" in told
    assert "alarms last disabled at (1): tests/contexts/alarms_program.py:" in told


def test_a_lock_of_its_handler_that_is_held_when_it_is_enabled_is_reported(tree: Path) -> None:
    told = run(tree, "hold_over_unmute")

    assert told.splitlines()[0] == "usage: inconsistent lock state"
    assert "enables alarms while it holds:" in told


def test_a_lock_of_its_handler_that_is_taken_with_it_disabled_is_not_reported(tree: Path) -> None:
    assert run(tree, "handle_muted").strip() == ""
