"""The timeline as Chrome trace events: names and colours of waits and holds, and arrows from holders to waiters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lockdep.reports.chrome_trace import chrome_trace
from lockdep.reports.handovers import Event, handovers

ONE, TWO = 1, 2  # threads
LOCK = 7  # a class


def hold(thread: int, begin: int, end: int) -> Event:
    return (0, LOCK, thread, begin * 1_000_000, end * 1_000_000)


def wait(thread: int, begin: int, end: int) -> Event:
    return (1, LOCK, thread, begin * 1_000_000, end * 1_000_000)


HANDED = [hold(ONE, 0, 10), wait(TWO, 2, 10), hold(TWO, 10, 12)]


def shown(events: list[Event]) -> list[dict[str, Any]]:
    text = b"".join(chrome_trace(events, {LOCK: 'app.py:3 "busy"'}, {ONE: "main", TWO: "waiter"}, 99, "app.py"))
    made: list[dict[str, Any]] = json.loads(text)["traceEvents"]
    return made


def test_waits_and_holds_differ_in_name_and_colour() -> None:
    spans = [event for event in shown(HANDED) if event["ph"] == "X"]

    assert [(one["name"], one["cat"], one["ts"], one["dur"], one["tid"]) for one in spans] == [
        ('app.py:3 "busy"', "hold", 0, 10_000, ONE),
        ('wait for app.py:3 "busy"', "wait", 2_000, 8_000, TWO),
        ('app.py:3 "busy"', "hold", 10_000, 2_000, TWO),
    ]
    assert len({one["cname"] for one in spans}) == 2
    assert {one["args"]["lock"] for one in spans} == {'app.py:3 "busy"'}


def test_the_process_and_its_threads_have_names() -> None:
    named = {(one["name"], one["tid"]): one["args"]["name"] for one in shown(HANDED) if one["ph"] == "M"}

    assert named == {("process_name", 0): "app.py", ("thread_name", ONE): "main", ("thread_name", TWO): "waiter"}


def test_an_arrow_leads_from_the_hold_to_the_wait_within_both() -> None:
    events = shown(HANDED)
    (start,) = (one for one in events if one["ph"] == "s")
    (finish,) = (one for one in events if one["ph"] == "f")

    assert (start["tid"], finish["tid"], finish["bp"]) == (ONE, TWO, "e")
    assert start["id"] == finish["id"]
    assert 9_999 < start["ts"] < 10_000
    assert 9_999 < finish["ts"] < 10_000


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (HANDED, [(ONE, TWO)]),
        ([hold(1, 0, 10), wait(2, 1, 10), hold(2, 10, 20), wait(3, 2, 20), hold(3, 20, 30)], [(1, 2), (2, 3)]),
        ([hold(1, 0, 10), hold(2, 5, 12), wait(3, 6, 12)], []),  # two locks of the class: it could be either
        ([hold(1, 0, 5), wait(2, 6, 10)], []),  # the hold had ended before; that of the holder is not in the ring
        ([hold(1, 0, 5), wait(1, 0, 5)], []),  # its own
        ([hold(1, 0, 10), hold(3, 10, 20), wait(2, 2, 12)], []),  # it timed out: another thread got the lock
        ([wait(2, 2, 10)], []),  # the holder is not in the ring
        ([], []),
    ],
)
def test_a_wait_ends_with_the_hold_of_another_thread(events: list[Event], expected: list[tuple[int, int]]) -> None:
    assert [(one[2], other[2]) for one, other in handovers(events)] == expected


def test_a_timeline_without_events_is_valid() -> None:
    assert json.loads(b"".join(chrome_trace([], {}, {}, 99))) == {"displayTimeUnit": "ns", "traceEvents": []}
