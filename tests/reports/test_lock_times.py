"""Lock statistics in 80 columns."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from lockdep.reports.lock_times import WIDTH, render_lock_times, time_text
from lockdep.snapshots.lock_statistics import ClassStatistics, Durations
from lockdep.snapshots.snapshot import Snapshot
from tests.snapshots.snapshot_makers import snapshots

BUSY = ClassStatistics(
    "app.py:6 accounts", "Lock", False, 300, 198, 0, 0, 0,
    Durations(198, 12_400_000, 1000, 1_234_000), Durations(300, 2_000_000_000, 10, 950),
    (("app.py:12 in transfer", 190), ("app.py:30 in report", 8)), (("app.py:30 in report", 120),),
    waited_at=(("app.py:12 in transfer", 12_000_000), ("app.py:30 in report", 400_000)),
)  # fmt: skip
IDLE = ClassStatistics("app.py:7 " + "long_" * 12 + "name", "RLock", True, 3)


def test_a_lock_has_its_times_with_units_and_the_places_below() -> None:
    assert render_lock_times([IDLE, BUSY]).splitlines() == [
        "lock                               taken   waits  waited longest    held longest",
        "-" * WIDTH,
        "app.py:6 accounts                    300     198 12.4 ms 1.23 ms     2 s  950 ns",
        "    waited at        190   12 ms  app.py:12 in transfer",
        "                       8  400 us  app.py:30 in report",
        "    held by          120          app.py:30 in report",
        "app.py:7 long_long_long_long_long_long_long_long_long_long_long_long_name-R",
        "                                       3       0",
    ]


def test_who_holds_a_lock_now_is_named_also_if_the_place_is_long() -> None:
    where = "stdlib/concurrent/futures/thread.py:173 ThreadPoolExecutor.submit"
    held = replace(IDLE, holding_now=((f"MainThread at {where}, taken at {where}", 1),))

    assert render_lock_times([held]).splitlines()[-2:] == [
        "    held now           1          MainThread at ...173 ThreadPoolExecutor.submit",
        "                                  taken at ...d.py:173 ThreadPoolExecutor.submit",
    ]


def test_only_the_first_places_are_shown_with_the_number_of_the_others() -> None:
    lines = render_lock_times([BUSY], points=1).splitlines()

    assert lines[3:5] == [
        "    waited at        190   12 ms  app.py:12 in transfer",
        "                       8          at 1 more places",
    ]


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 ns"),
        (7, "7 ns"),
        (999, "999 ns"),
        (1000, "1 us"),
        (1234, "1.23 us"),
        (123_456_789, "123 ms"),
        (9e10, "90 s"),
    ],
)
def test_a_time_has_three_digits_and_a_unit(ns: float, text: str) -> None:
    assert time_text(ns) == text


@settings(max_examples=20)
@given(snapshots())
def test_any_statistics_are_rendered(snapshot: Snapshot) -> None:
    assert len(render_lock_times(snapshot.stats).splitlines()) >= 2 + len(snapshot.stats)
