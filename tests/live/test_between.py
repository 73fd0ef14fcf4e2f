"""Deadlocks between processes, from pictures made by hand: which of them are circles, and which only look like one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from lockdep.live.between import Crowd, circles, lasting
from lockdep.live.pictures import Picture
from lockdep.waits.shared import LockState
from lockdep.waits.views import Awaited, Held, WaitingThread

pytestmark = pytest.mark.once

TAKEN = LockState(1, 0)


def thread(serial: int, holds: str = "", wants: str = "", *, timed: bool = False, ender: int = 0) -> WaitingThread:
    """Return a thread that holds some shared locks, named by letters, and wants one, or waits for another thread."""
    held = tuple(Held(f"app.py:{letter}", "app.py:1 f", shared=letter) for letter in holds)
    waits = Awaited("what", wants, 1.0, timed, "", False, wants, ender, serial + 100) if wants or ender else None
    return WaitingThread(f"T{serial}", held, waits, "app.py:2 f", (), serial)


def picture(pid: int, *threads: WaitingThread, **states: LockState) -> Picture:
    locks = {held.shared: TAKEN for one in threads for held in one.held}
    return Picture(pid, "app.py", "", threads, (), {**locks, **states})


def found(*pictures: Picture) -> list[list[tuple[int, int]]]:
    return [sorted(map(tuple, circle)) for circle in circles(Crowd(pictures))]


ONE, TWO = picture(1, thread(1, "a", "b")), picture(2, thread(1, "b", "a"))


def test_two_processes_that_want_each_others_lock_are_a_circle() -> None:
    assert found(ONE, TWO) == [[(1, 1), (2, 1)]]


def test_a_ring_of_three_is_one_circle() -> None:
    three = [picture(pid, thread(7, held, wants)) for pid, (held, wants) in enumerate(("ab", "bc", "ca"), 1)]
    assert found(*three) == [[(1, 7), (2, 7), (3, 7)]]
    assert found(*three[:2]) == []


def test_a_circle_may_go_through_threads_of_one_process() -> None:
    through = picture(1, thread(1, "a", ender=2), thread(2, "", "b"))
    assert found(through, TWO) == [[(1, 1), (1, 2), (2, 1)]]
    assert found(picture(1, thread(1, "a", ender=2), thread(2)), TWO) == []


def test_who_waits_behind_a_circle_is_not_in_it() -> None:
    assert found(ONE, TWO, picture(3, thread(1, "c", "a"))) == [[(1, 1), (2, 1)]]


@pytest.mark.parametrize(
    "two",
    [
        picture(2, thread(1, "b")),
        picture(2, thread(1, "b", "c"), c=TAKEN),
        picture(2, thread(1, "b", "a", timed=True)),
        picture(2, thread(1, "", "a")),
        picture(2, thread(1, "b", "a"), a=LockState(1, 0, True)),
        picture(2, thread(1, "b", "a"), a=LockState(1, 1)),
        picture(2, thread(1, "b", "a"), a=LockState(2, 0)),
        picture(2, thread(1, "b", "a"), thread(2, "a")),
    ],
    ids=["runs", "wants one that nobody has", "has a limit", "holds nothing", "is released by others", "is free",
         "has another unit", "is held by one who runs"],
)  # fmt: skip
def test_no_circle_where_somebody_can_go_on(two: Picture) -> None:
    assert found(ONE, two) == []


def test_a_thread_that_wants_its_own_lock_is_no_circle() -> None:
    assert found(picture(1, thread(1, "a", "a"))) == []


def test_units_are_a_circle_once_all_who_have_some_are_stuck() -> None:
    units = {"a": LockState(2, 0)}
    one, two = picture(1, thread(1, "a", "b"), **units), picture(2, thread(1, "b", "a"), **units)
    assert found(one, two) == []
    assert found(one, two, picture(3, thread(1, "a"), **units)) == []
    assert found(one, two, picture(3, thread(1, "a", "b"), **units)) == [[(1, 1), (2, 1)]]


def rounds(first: Sequence[Picture], second: Sequence[Picture]) -> list[int]:
    """Return the numbers of the processes in the circles that both rounds show."""
    return sorted(node.pid for circle in lasting(Crowd(first), Crowd(second)) for node in circle)


def test_a_circle_counts_if_two_looks_show_it_with_the_same_waits() -> None:
    assert rounds([ONE, TWO], [ONE, TWO]) == [1, 2]


def test_a_wait_that_ended_between_two_looks_is_no_deadlock() -> None:
    waits = TWO.threads[0].waits
    assert waits is not None
    later = replace(TWO, threads=(replace(TWO.threads[0], waits=replace(waits, number=waits.number + 1)),))
    assert rounds([ONE, TWO], [ONE, later]) == []
    assert rounds([ONE, TWO], [ONE]) == []


def test_a_picture_comes_back_from_its_text() -> None:
    assert Picture.parse(ONE.dumps()) == ONE
    for text in ("", "[]", "{}", '{"pid": 1}', "who is this?", ONE.dumps().replace('"held"', '"had"')):
        with pytest.raises(ValueError, match=r"."):
            Picture.parse(text)
