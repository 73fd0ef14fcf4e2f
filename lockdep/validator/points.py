"""Contention points: where threads had to wait for a lock, and where its holders had taken it (kernel: lock_stat).

Noted only while times are measured, by a thread that is going to wait anyway, at a cost of some us. The compiled build
with the GIL sees on the stack of the holder where it took the lock. Elsewhere the stacks of all threads have to be read
for that. So it is done for the first SURE waits for a class, and then for one of so many that the cost of a wait does
not grow with the number of threads; that one stands for the waits since the last.

How long a wait was is known when its thread has the lock, and should let go of it soon. So the thread only leaves that
number (ThreadState.waited). It is added to the places when the thread waits again, or when somebody asks for them.
"""

from __future__ import annotations

import _thread
from collections import Counter
from typing import NamedTuple

from lockdep import fastpath, trace
from lockdep.fastpath import DepMap, Entry, ThreadState
from lockdep.places import Step, step_of
from lockdep.waits.held import place_in

MOST_POINTS = 1000  # for each class; further places are counted together, as "elsewhere"
SURE = 32
THREADS_PER_WAIT = 8  # whose stacks are read, on average
HANDED_OVER = "between two holders"  # the lock is released, but the thread that was woken for it does not run yet

LASTS = -1  # in ThreadState.waited

Point = tuple[str, str, int] | str  # file, function and line; or words
Counted = tuple[tuple[str, int], ...]


class Places(NamedTuple):
    """(place, number) of the waiters for a class and of its holders: how often, and how long in ns. Largest first."""

    waiting: Counted
    holding: Counted
    times_waiting: Counted
    times_behind: Counted


NOWHERE = Places((), (), (), ())


class Points:
    """Where the waiters for the locks of one class stood, and their holders."""

    __slots__ = ("holding", "looked", "pause", "times_behind", "times_waiting", "waiting")

    def __init__(self) -> None:
        self.waiting: Counter[Point] = Counter()
        self.holding: Counter[Point] = Counter()
        self.times_waiting: Counter[Point] = Counter()  # in ns, of waits that have ended with the lock
        self.times_behind: Counter[Point] = Counter()
        self.looked: int = 0  # how often the place of the holder was looked up
        self.pause: int = 0  # waits since the place of a holder was noted

    def is_due(self) -> bool:
        """Return whether the place of the holder should be looked up for this wait."""
        return self.looked < SURE or self.pause * THREADS_PER_WAIT >= fastpath.thread_count() + SURE


class Begun(NamedTuple):
    """A wait that has begun: where the thread stands, and where the holder took the lock, if that is known.

    `stands_for` is the number of waits that the place of the holder is counted for.
    """

    points: Points
    waiting: Point
    holding: Point | None
    stands_for: int

    def add_time(self, ns: int) -> None:
        """Count how long it was."""
        add(self.points.times_waiting, self.waiting, ns)
        if self.holding is not None:
            add(self.points.times_behind, self.holding, ns * self.stands_for)


class ContentionPoints:
    """The points of each tally."""

    def __init__(self) -> None:
        self._points: dict[int, Points] = {}
        self._begun: dict[ThreadState, Begun] = {}

    def note(self, thread: ThreadState, entry: Entry, lock: DepMap, step: Step | None) -> None:
        """Count that a thread at this step is going to wait for a lock, and where the holder took it."""
        self._end_wait(thread)
        number = entry.tally.number
        points = self._points.get(number)
        if points is None:
            points = self._points.setdefault(number, Points())
        here, stands_for = point_of(step), 0
        add(points.waiting, here, 1)
        points.pause += 1
        holder = fastpath.find_thread(lock.owner)
        point = HANDED_OVER if holder is None else seen_point(holder, lock.serial)
        if point is None and holder is not None and points.is_due():
            points.looked += 1
            point = searched_point(holder, lock.serial)
        if point is not None:
            stands_for, points.pause = points.pause, 0
            add(points.holding, point, stands_for)
        thread.waited = LASTS
        self._begun[thread] = Begun(points, here, point, stands_for)

    def add_times(self) -> None:
        """Count the times of the waits that have ended meanwhile."""
        for thread in list(self._begun):
            self._end_wait(thread)

    def of(self, number: int) -> Places:
        """Return the places of the waiters and of the holders of a tally. The times are those that add_times knew."""
        points = self._points.get(number)
        if points is None:
            return NOWHERE
        counts = points.waiting, points.holding, points.times_waiting, points.times_behind
        return Places(*map(in_words, counts))

    def clear(self) -> None:
        """Forget all places."""
        self._points = {}
        self._begun = {}

    def _end_wait(self, thread: ThreadState) -> None:
        """Count the time of the wait that a thread had begun, if it has ended with the lock.

        A wait that lasts is kept. One of the running thread does not last: it has ended without the lock.
        """
        begun = self._begun.pop(thread, None)
        waited = thread.waited  # after that: when the thread begins its next wait meanwhile, the number is gone
        if begun is not None and waited != LASTS:
            begun.add_time(waited)
        elif begun is not None and fastpath.thread_state() is not thread:
            self._begun.setdefault(thread, begun)


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


def in_words(places: Counter[Point]) -> Counted:
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
            now = trace.standing_stack(fastpath.standing().get(holder.ident), 64)
            return point_of(place_in(holder, chain, now, ended=False).innermost())
    return "an unknown place"
