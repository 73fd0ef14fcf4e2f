"""What a run knows of other runs: for each of them, up to which moment it has surely happened before now.

Moments are serial numbers (`fastpath.new_serial`), which also order events in time. A run learns of others where one
waits for the other or hands something over: start, join, submit, result, an event, a queue item, a barrier. A clock is
sparse, is never changed once it is made, and has at most MOST_KNOWN entries: the oldest ones are dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lockdep.fastpath import Handed, merged

MOST_KNOWN = 64

Known = tuple[int, str]  # the last moment of a run that has surely happened, and by what it was handed on


class Clock(NamedTuple):
    """`known` has what is known of a run, by its serial. `dropped` is the last moment in an entry that was dropped."""

    known: Mapping[int, Known] = {}
    dropped: int = 0

    def learned(self, handed: Handed, by: str) -> Clock:
        """Return this clock, with all that a run knew that has handed over, and the moment to which it had come.

        Cost: proportional to the entries of both.
        """
        other: Clock = handed.clock
        entry = (handed.moment, handed.by or by)
        known, dropped = merged(self.known, other.known, handed.run, entry, MOST_KNOWN)
        return Clock(known, max(self.dropped, other.dropped, dropped))


START = Clock()
