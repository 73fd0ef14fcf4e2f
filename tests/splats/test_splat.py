"""Reports as people read them: programs in golden/ and what lockdep has to say about them, word for word.

python -m tests.splats.test_splat          writes the expected texts anew; read the difference before you keep it
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from lockdep.fastpath import BUILD
from lockdep.splats import splat
from lockdep.violations import interrupts, violations
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.py"))
PYTHON = re.compile(r"^Python \S+ \S+ \[", re.MULTILINE)
SUMMARY = re.compile(r"^lockdep \(\w+\):", re.MULTILINE)
INEXACT = ("event", "join", "ring", "wait")  # there the pure build knows only where the same locks were taken first
KINDS = get_args(violations.Violation)
SHOWN = {  # the program that shows a kind, and words that no other kind has
    violations.CircularDependency: ("circular", "which lock already depends on the new lock."),
    violations.Recursion: ("nesting", "and the lock comparison function returns 1:"),
    violations.InstanceRing: ("instances", "in an order that closes a ring:"),
    violations.JoinWhileHolding: ("join", "and what it waits for takes that lock"),
    interrupts.InvalidWaitContext: ("wait_context", "[ BUG: Invalid wait context ]"),
    interrupts.InconsistentState: ("usage", "inconsistent {IN-HARDIRQ-W} -> {HARDIRQ-ON-W} usage."),
    interrupts.IrqOrder: ("irq_order", "... which became HARDIRQ-irq-safe at:"),
    interrupts.IrqInversion: ("irq_inversion", "but this lock was taken by another, SOFTIRQ-safe lock in the past:"),
    violations.NestNotHeld: ("nest", "but this thread is not holding:"),
    violations.BadRelease: ("unlock", "but there are no more locks to release!"),
    violations.HeldLockFreed: ("freed", "is initialising a lock again, still held by MainThread!"),
    violations.EndedHolding: ("lifetime", "1 lock held by forgetful:"),
    violations.LockMisuse: ("misuse", "WARNING: releasing a pinned lock"),
    violations.FailedAssertion: ("assertion", "assert_held() says that"),
    interrupts.AtomicSleep: ("sleep", "BUG: sleeping function called from invalid context at sleep.py:17"),
    violations.BoundReached: ("bound", "BUG: max_chains too low!"),
}
COUNTS = re.compile(r"; \d+ lock classes, .*$", re.MULTILINE)  # the standard library's differ by version


def report(name: str, pure: str) -> str:
    """Run a program of golden/ and return what was written about it, without what differs by version and build."""
    env = {key: value for key, value in os.environ.items() if key != "LOCKDEP_OPTIONS"}
    env |= {"PYTHONPATH": str(ROOT), "LOCKDEP_PURE": pure}
    command = [sys.executable, "-m", "lockdep", "run", str(GOLDEN / f"{name}.py")]
    done = subprocess.run(command, env=env, cwd=GOLDEN, capture_output=True, text=True, timeout=PROGRAM_LIMIT)
    text = COUNTS.sub("", SUMMARY.sub("lockdep:", PYTHON.sub("Python VERSION SYSTEM [", done.stderr)))
    return text.replace("first taken at:", "taken at:")  # what the pure build says


@pytest.mark.parametrize("pure", ["0", "1"], ids=["built", "pure"])
@pytest.mark.parametrize("name", NAMES)
def test_report_is_as_expected(name: str, pure: str) -> None:
    if name in INEXACT and (pure == "1" or BUILD == "pure"):
        pytest.skip("the pure build does not know where a held lock of a known chain was taken")

    assert report(name, pure) == (GOLDEN / f"{name}.txt").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_report_names_nothing_that_changes(name: str) -> None:
    text = (GOLDEN / f"{name}.txt").read_text()

    assert re.findall(r"0x[0-9a-f]+", text) == []
    assert str(ROOT) not in text
    assert re.findall(r"\d{5,}", re.sub(r"\[[0-9a-f]{12}\]", "", text)) == []
    assert "lockdep/" not in text  # no frame of ours
    assert "threading.py" not in text


def test_every_kind_has_a_renderer() -> None:
    assert set(splat.BODIES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_shown(kind: type) -> None:
    name, words = SHOWN[kind]

    assert words in (GOLDEN / f"{name}.txt").read_text()


def test_every_kind_has_a_row_in_the_readme() -> None:
    section = (ROOT / "README.md").read_text().partition("## Kinds of findings")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:-1] for line in section.splitlines() if line.startswith("|")][2:]

    assert [slug.strip(" `") for _, slug, *_ in rows] == [kind.slug for kind in KINDS]
    for kind, (title, *_) in zip(KINDS, rows, strict=True):
        assert isinstance(kind.title, property) or kind.title in title
    assert all(len(row) == 4 and all(map(str.strip, row)) for row in rows)


if __name__ == "__main__":
    for name in NAMES:
        (GOLDEN / f"{name}.txt").write_text(report(name, "0"))
