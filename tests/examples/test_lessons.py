"""The lessons about lockdep itself print what they teach, the same on both builds, and lockdep finds what they show."""

from __future__ import annotations

import pytest

from tests.examples.test_primitives import ATOMIC, check
from tests.sourcetree import ROOT

FOLDER = ROOT / "examples" / "lessons"
PRINTED = {
    "01_statistics.py": """
store, while the disk is slow: 1 of 4 threads load
  1. store.lock: taken 1 times, waited for 3 times
  2. 3 threads wait at 01_statistics.py:30 Store.get
  3. they wait for one that took it at 01_statistics.py:30 in Store.get
  afterwards: held 4 times, # ms in all
corrected, while the disk is slow: 4 of 4 threads load
  1. corrected.lock: taken 4 times, waited for 0 times
  afterwards: held 8 times, # ms in all
""",
    "02_annotations.py": """
wrong:
  balance 100
  assertion: guarded_by failed
  assertion: assert_held failed
  recursive: possible recursive locking detected
  order: declared lock order violated
  sleep: sleeping function called from invalid context
  findings: 5
right:
  balance 100
  findings: 0
""",
    "03_from_report_to_fix.py": """
step 1, what is it, and how sure?
  possible circular locking dependency detected: potential (the same locks close the cycle, seen all in one thread)
step 2, between which locks?
  first session and first cache
step 3, where does the program take them? Two orders, each with a lock that is held and one that is wanted:
  held first cache: 03_from_report_to_fix.py:25 in Cache.drop
  to acquire first session: 03_from_report_to_fix.py:50 in Session.on_drop
  held first session: 03_from_report_to_fix.py:46 in Session.store
  to acquire first cache: 03_from_report_to_fix.py:21 in Cache.put
step 4, which of these places can give way? drop() need not call its listeners under its lock.
step 5, is it gone?
  findings in the corrected program: 0
""",
}
SHOWN = {  # the findings that a lesson shows; a lock that is slow is none
    "01_statistics.py": [],
    "02_annotations.py": [
        "guarded_by failed",
        "assert_held failed",
        "possible recursive locking detected",
        "declared lock order violated",
        ATOMIC,
    ],
    "03_from_report_to_fix.py": ["possible circular locking dependency detected"],
}


def test_every_lesson_is_listed_and_names_its_command() -> None:
    assert sorted(path.name for path in FOLDER.glob("*.py")) == sorted(PRINTED)
    for name in PRINTED:
        assert f"\n    python examples/lessons/{name}\n" in (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("pure", ["0", "1"], ids=["built", "pure"])
@pytest.mark.parametrize("name", PRINTED)
def test_a_lesson_prints_what_it_teaches_and_lockdep_finds_what_it_shows(name: str, pure: str) -> None:
    check(FOLDER / name, pure, PRINTED[name], SHOWN[name])
