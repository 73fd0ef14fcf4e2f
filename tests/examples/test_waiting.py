"""The examples of threads that wait for ever are reported as they say, and end; the corrected versions are silent."""

from __future__ import annotations

import pytest

from tests.examples.test_examples import SILENT, run
from tests.sourcetree import ROOT

pytestmark = pytest.mark.scenes

FOLDER = ROOT / "examples" / "waiting"
RAISE, LISTEN = ("--on-deadlock", "raise"), ("--listen",)
EXAMPLES = {"01_deadlock.py": RAISE, "02_hung_service.py": LISTEN, "03_starved_pool.py": RAISE}
REPORTED = {
    "01_deadlock.py": ("BUG: circular locking deadlock detected!", "to bob holds B and waits for A", "DeadlockError"),
    "02_hung_service.py": (" 0 errors, 0 warnings;",),
    "03_starved_pool.py": (
        "BUG: threads are blocked for ever", "possible deadlock: a work item waits for another one of its own pool",
    ),
}  # fmt: skip
PRINTED = {
    "01_deadlock.py": ("1 of 2 transfers done",),
    "02_hung_service.py": ("still running: ['serve', 'answer']", "waiting:", "  serve   holds  ", "  answer  waits  "),
    "03_starved_pool.py": ("1 of 2 items failed",),
}
CORRECTED = {
    "01_deadlock.py": "2 of 2 transfers done\n",
    "02_hung_service.py": "still running: []\nrunning:\n",
    "03_starved_pool.py": "0 of 2 items failed\n",
}


def test_every_example_is_listed_and_names_its_command() -> None:
    assert sorted(path.name for path in FOLDER.glob("*.py")) == sorted(EXAMPLES)
    for name, options in EXAMPLES.items():
        text = (FOLDER / name).read_text(encoding="utf-8")
        assert f"\n    lockdep run {' '.join(options)} examples/waiting/{name}\n" in text


@pytest.mark.parametrize("pure", ["0", "1"], ids=["built", "pure"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_reported_and_ends(name: str, pure: str) -> None:
    done = run(FOLDER / name, pure, "-m", "lockdep", "run", *EXAMPLES[name])

    assert [text for text in REPORTED[name] if text not in done.err] == [], done.err
    assert [text for text in PRINTED[name] if text not in done.out] == [], done.out
    assert done.status == (0 if name == "02_hung_service.py" else 66)


@pytest.mark.parametrize("pure", ["0", "1"], ids=["built", "pure"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_corrected_version_is_silent(name: str, pure: str) -> None:
    done = run(SILENT / "waiting" / name, pure, "-m", "lockdep", "run", *EXAMPLES[name])

    assert " 0 errors, 0 warnings;" in done.err, done.err
    assert done.out.startswith(CORRECTED[name])
    assert done.status == 0
