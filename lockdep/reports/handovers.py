"""Which hold a wait in a timeline ended with: found from the times, for locks of which no two are held at once.

The events name classes, not locks. So nothing is said about a class whose holds overlap, because several locks are of
it, or several readers hold one: the wait could have been for any of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise

Event = tuple[int, int, int, int, int]  # (is a wait, number of the class, serial of the thread, begin and end in ns)
SLACK = 1_000  # ns by which the clocks of two processors may differ


def handovers(events: Iterable[Event]) -> Iterator[tuple[Event, Event]]:
    """Yield (hold, wait): the hold of another thread with whose end the wait ended. Cost: sorting the events."""
    holds: dict[int, list[Event]] = {}
    waits: list[Event] = []
    for event in events:
        if event[0]:
            waits.append(event)
        else:
            holds.setdefault(event[1], []).append(event)
    alone = {number: sorted(found, key=end_of) for number, found in holds.items() if one_at_a_time(found)}
    for wait in waits:
        hold = last_before(alone.get(wait[1], []), wait)
        if hold is not None:
            yield hold, wait


def end_of(event: Event) -> int:
    return event[4]


def one_at_a_time(found: list[Event]) -> bool:
    """Return whether no two holds overlap."""
    ordered = sorted(found, key=lambda event: event[3:])
    return all(later[3] >= earlier[4] - SLACK for earlier, later in pairwise(ordered))


def last_before(ordered: list[Event], wait: Event) -> Event | None:
    """Return the last hold that ended during a wait, if it was another thread's and the next one is the waiter's."""
    at = bisect_right(ordered, wait[4] + SLACK, key=end_of)
    if at == 0 or at == len(ordered):
        return None
    last, following = ordered[at - 1], ordered[at]
    return last if last[4] >= wait[3] and last[2] != wait[2] == following[2] else None
