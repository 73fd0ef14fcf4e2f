"""Contention points: where threads had to wait for a lock, and where its holders had taken it (kernel: lock_stat).

Noted only while times are measured, by a thread that is going to wait anyway. Cost: some microseconds.
"""

from __future__ import annotations

import sys
from collections import Counter

from lockdep import fastpath, trace
from lockdep.fastpath import DepMap, Entry, ThreadState
from lockdep.trace import StackTrace
from lockdep.validator.held import held_by

MOST_POINTS = 1000  # for each class; further places are counted together, as "elsewhere"
HANDED_OVER = "between two holders"  # the lock is released, but the thread that was woken for it does not run yet


class ContentionPoints:
    """Two counters for each tally: the places where threads waited, and the places where holders had taken the lock."""

    def __init__(self) -> None:
        self._waiting: dict[int, Counter[str]] = {}
        self._holding: dict[int, Counter[str]] = {}

    def note(self, entry: Entry, lock: DepMap, stack: StackTrace) -> None:
        """Count that a thread at `stack` is going to wait for a lock, and where the holder took it."""
        number = entry.tally.number
        add(self._waiting.setdefault(number, Counter()), trace.site(stack))
        holder = next((thread for thread in fastpath.threads() if thread.serial == lock.owner), None)
        place = HANDED_OVER if holder is None else holder_site(holder, lock.serial)
        add(self._holding.setdefault(number, Counter()), place)

    def of(self, number: int) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]:
        """Return (place, count) of the waiters and of the holders of a tally, most frequent first."""
        kinds = (self._waiting, self._holding)
        waiting, holding = (tuple(Counter(kind.get(number, {})).most_common()) for kind in kinds)
        return waiting, holding

    def clear(self) -> None:
        """Forget all places."""
        self._waiting, self._holding = {}, {}


def add(places: Counter[str], place: str) -> None:
    places[place if place in places or len(places) < MOST_POINTS else "elsewhere"] += 1


def holder_site(holder: ThreadState, serial: int) -> str:
    """Return where a thread took a lock that it holds. It runs on meanwhile, so the answer may be out of date."""
    frame = sys._current_frames().get(holder.ident)
    now = trace.NO_STACK if frame is None else trace.capture(64, frame)
    for lock in reversed(held_by(holder, now)):
        if lock.serial == serial:
            return trace.site(lock.stack)
    return "an unknown place"
