"""The small part of the museum: the exhibits for the running Python. `python -m tests.museum` runs all of it."""

import pytest

from tests.museum.cases import Exhibit, all_exhibits
from tests.museum.environments import RUNNING, Environments, default_cache
from tests.museum.runner import visit
from tests.museum.verdict import judge, matches

SMALL = [exhibit for exhibit in all_exhibits() if exhibit.small]
BUGGY = next(exhibit for exhibit in SMALL if exhibit.name == "joblib-295-terminate" and exhibit.twin == "buggy")
FIXED = next(exhibit for exhibit in SMALL if exhibit.name == "joblib-295-terminate" and exhibit.twin == "fixed")

FINDING = {
    "slug": "join",
    "level": "error",
    "classes": ["joblib/parallel.py:463 self._lock"],
    "text": "waits for the thread made at multiprocessing/pool.py:247",
}


@pytest.mark.any_build
@pytest.mark.network
@pytest.mark.parametrize("exhibit", [exhibit for exhibit in SMALL if exhibit.python == RUNNING], ids=str)
def test_the_verdict_on_an_exhibit_is_right(exhibit: Exhibit) -> None:
    result = visit(exhibit, Environments(default_cache(), {}))
    if result.unavailable:
        pytest.skip(result.output)
    assert result.verdict.right, f"{result.verdict.word}, exit {result.exit_code}\n{result.output}"


def test_a_finding_with_the_kind_and_the_places_of_the_bug_counts() -> None:
    assert judge(BUGGY, 66, [FINDING]).word == "found"


@pytest.mark.parametrize(
    "change",
    [
        {"slug": "release"},
        {"level": "warning"},
        {"classes": ["joblib/parallel.py:4631 self._lock"]},
        {"classes": ["notjoblib/parallel.py:463 self._lock"]},
        {"text": "waits for the thread made at multiprocessing/pool.py:24"},
    ],
    ids=str,
)
def test_a_finding_that_differs_in_one_of_them_does_not_count(change: dict[str, object]) -> None:
    assert not judge(BUGGY, 66, [{**FINDING, **change}]).right


def test_a_warning_is_enough_for_an_exhibit_that_says_so() -> None:
    exhibit = next(one for one in all_exhibits() if one.name == "watchtower-197-queue-join" and one.twin == "buggy")
    classes = ["stdlib/logging/__init__.py:229 _lock", "event:watchtower/__init__.py:421 tasks"]
    finding = {"slug": "wait", "level": "warning", "classes": classes}

    assert judge(exhibit, 0, [finding]).word == "found"
    assert judge(exhibit, 0, [{**finding, "classes": classes[:1]}]).word == "missed"


def test_the_prefix_for_the_standard_library_is_not_part_of_a_place() -> None:
    assert matches(BUGGY, {**FINDING, "text": "at stdlib/multiprocessing/pool.py:247"})


def test_an_error_is_a_false_alarm_and_a_warning_is_not() -> None:
    assert judge(FIXED, 0, [{**FINDING, "level": "warning"}]).word == "silent"
    assert judge(FIXED, 0, [FINDING]).word == "false alarm"
    assert judge(FIXED, 66, []).word == "false alarm"


@pytest.mark.parametrize(("exit_code", "word"), [(None, "hung"), (1, "crashed"), (-11, "crashed")])
def test_a_run_that_hangs_or_crashes_is_never_right(exit_code: int | None, word: str) -> None:
    assert judge(FIXED, exit_code, []) == judge(BUGGY, exit_code, [FINDING])
    assert (judge(FIXED, exit_code, []).word, judge(FIXED, exit_code, []).right) == (word, False)
