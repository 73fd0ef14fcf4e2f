"""The line at the end of a run fits 80 columns, and says first what matters most."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lockdep.reports.summary_line import WIDTH, plural, summary_line

FOUND = "1 error, 0 warnings"
MANY = "1 error, 0 warnings in 12 processes"


def test_all_numbers_are_shown_where_there_is_room() -> None:
    line = summary_line("compiled", FOUND, (5, 1, 1), [])

    assert line == "lockdep (compiled): 1 error, 0 warnings; 5 lock classes, 1 dependency, 1 chain"


def test_numbers_without_room_are_left_out_from_the_end() -> None:
    lines = [
        summary_line("compiled", found, (120, 1234, 15979), []) for found in (FOUND, MANY, MANY + ", and more" * 3)
    ]

    assert lines == [
        "lockdep (compiled): 1 error, 0 warnings; 120 lock classes, 1234 dependencies",
        "lockdep (compiled): 1 error, 0 warnings in 12 processes; 120 lock classes",
        "lockdep (compiled): 1 error, 0 warnings in 12 processes, and more, and more, and more",
    ]


def test_what_is_missing_is_never_left_out() -> None:
    line = summary_line("pure", FOUND, (120, 1234, 15979), ["unused suppressions: 'circular: a -> b'", "lost: two"])

    assert line.endswith("; unused suppressions: 'circular: a -> b'; lost: two")


@given(st.tuples(*[st.integers(0, 10**9)] * 3))
def test_it_fits_in_80_columns(seen: tuple[int, int, int]) -> None:
    assert len(summary_line("compiled", MANY, seen, [])) <= WIDTH


def test_words_are_put_into_the_plural() -> None:
    words = [plural(2, word) for word in ("error", "process", "lock class", "dependency")]

    assert words == ["2 errors", "2 processes", "2 lock classes", "2 dependencies"]
