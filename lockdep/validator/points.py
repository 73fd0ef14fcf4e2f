"""Contention points: where threads had to wait for a lock, and where its holders had taken it (kernel: lock_stat).

Noted only while times are measured, by a thread that is going to wait anyway, at a cost of some us. The compiled build
with the GIL sees on the stack of the holder where it took the lock. Elsewhere the stacks of all threads have to be read
for that. So it is done for the first SURE waits for a class, and then for one of so many that the cost of a wait does
not grow with the number of threads; that one stands for the waits since the last.
"""

from __future__ import annotations

import _thread
import sys
from collections import Counter

from lockdep import fastpath, trace
from lockdep.fastpath import DepMap, Entry, ThreadState
from lockdep.places import Step, step_of
from lockdep.validator.held import place_in

MOST_POINTS = 1000  # for each class; further places are counted together, as "elsewhere"
SURE = 32
THREADS_PER_WAIT = 8  # whose stacks are read, on average
HANDED_OVER = "between two holders"  # the lock is released, but the thread that was woken for it does not run yet

Point = tuple[str, str, int] | str  # file, function and line; or words


class Points:
    """Where the waiters for the locks of one class stood, and their holders."""

    __slots__ = ("holding", "looked", "pause", "waiting")

    def __init__(self) -> None:
        self.waiting: Counter[Point] = Counter()
        self.holding: Counter[Point] = Counter()
        self.looked = 0  # how often the place of the holder was looked up
        self.pause = 0  # waits since the place of a holder was noted

    def is_due(self) -> bool:
        """Return whether the place of the holder should be looked up for this wait."""
        return self.looked < SURE or self.pause * THREADS_PER_WAIT >= fastpath.thread_count() + SURE


class ContentionPoints:
    """The points of each tally."""

    def __init__(self) -> None:
        self._points: dict[int, Points] = {}

    def note(self, entry: Entry, lock: DepMap, step: Step | None) -> None:
        """Count that a thread at this step is going to wait for a lock, and where the holder took it."""
        number = entry.tally.number
        points = self._points.get(number)
        if points is None:
            points = self._points.setdefault(number, Points())
        add(points.waiting, point_of(step), 1)
        points.pause += 1
        holder = fastpath.find_thread(lock.owner)
        point = HANDED_OVER if holder is None else seen_point(holder, lock.serial)
        if point is None and holder is not None and points.is_due():
            points.looked += 1
            point = searched_point(holder, lock.serial)
        if point is not None:
            stands_for, points.pause = points.pause, 0
            add(points.holding, point, stands_for)

    def of(self, number: int) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]:
        """Return (place, count) of the waiters and of the holders of a tally, most frequent first."""
        points = self._points.get(number, Points())
        return in_words(points.waiting), in_words(points.holding)

    def clear(self) -> None:
        """Forget all places."""
        self._points = {}


_adding = _thread.allocate_lock()


def add(places: Counter[Point], place: Point, count: int) -> None:
    # A waiter that cannot have the guard soon counts without it: without the GIL, one of two such counts can get lost.
    got = not fastpath.HAS_GIL and _adding.acquire(timeout=0.01)
    try:
        places[place if place in places or len(places) < MOST_POINTS else "elsewhere"] += count
    finally:
        if got:
            _adding.release()


def point_of(step: Step | None) -> Point:
    return "an unknown place" if step is None else (step.file, step.function, step.line)


def in_words(places: Counter[Point]) -> tuple[tuple[str, int], ...]:
    """Return (place as text, count), most frequent first."""
    found: Counter[str] = Counter()
    for place, count in places.copy().items():
        found[place if isinstance(place, str) else trace.place_text(*place)] += count
    return tuple(found.most_common())


def seen_point(holder: ThreadState, serial: int) -> Point | None:
    """Return where a thread took a lock that it holds, if its own stack is enough to see that; else None."""
    at = holder.find(serial) if fastpath.HAS_GIL else 0
    steps = holder.taken_at(at) if at else []
    for code, lasti in steps:
        if not trace.is_hidden(code.co_filename):
            return point_of(step_of(code, lasti))
    return point_of(step_of(*steps[0])) if steps else None


def searched_point(holder: ThreadState, serial: int) -> Point:
    """Return where a thread took a lock that it holds. It runs on meanwhile, so the answer may be out of date."""
    for chain, held in reversed(holder.held()):
        if held == serial:
            frame = sys._current_frames().get(holder.ident)
            now = trace.NO_STACK if frame is None else trace.capture(64, frame)
            return point_of(place_in(holder, chain, now, ended=False).innermost())
    return "an unknown place"
