"""Reports as people read them: programs in golden/ and what lockdep has to say about them, word for word.

    python -m tests.test_splat          writes the expected texts anew; read the difference before you keep it
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lockdep.fastpath import BUILD
from tests.sourcetree import ROOT

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.py"))
PYTHON = re.compile(r"^Python \S+ \S+ \[", re.MULTILINE)
SUMMARY = re.compile(r"^lockdep \(\w+\):", re.MULTILINE)
INEXACT = ("join", "ring", "wait")             # there the pure build knows only where the same locks were taken first
COUNTS = re.compile(r"; \d+ lock classes, .*$", re.MULTILINE)        # the standard library's differ by version


def report(name: str, pure: str) -> str:
    """Run a program of golden/ and return what was written about it, without what differs by version and build."""
    env = {key: value for key, value in os.environ.items() if key != "LOCKDEP_OPTIONS"}
    env |= {"PYTHONPATH": str(ROOT), "LOCKDEP_PURE": pure}
    command = [sys.executable, "-m", "lockdep", "run", str(GOLDEN / f"{name}.py")]
    done = subprocess.run(command, env=env, cwd=GOLDEN, capture_output=True, text=True, timeout=60)
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
    assert "lockdep/" not in text             # no frame of ours
    assert "threading.py" not in text


if __name__ == "__main__":
    for name in NAMES:
        (GOLDEN / f"{name}.txt").write_text(report(name, "0"))
