"""How many units the semaphores of a class have, and how many of them each thread wants at once.

As long as all threads together want no more units than there are, nobody waits for one for ever. Everything is bounded:
of what was not kept it is said that it is not known.
"""

from __future__ import annotations

from collections.abc import Mapping

MOST_SEMAPHORES, MOST_THREADS, MOST_WAYS = 256, 256, 4

Gates = frozenset[int]  # serials of locks that a thread held before it took its first unit


class Units:
    """The `count` units of one semaphore, and what was seen of those who take them.

    `most` has how many units each thread holds or wants at most, by its serial; `further` the ways in which it came to
    want more than one. `waiting` has the threads that have waited for others under a unit. `crowded`: there were more
    threads than are kept.

    `returned`: some thread has given back all units that it took, as with a lock. `given_away`: a thread that had none
    has given some, as a signal; from then on nobody holds any.
    """

    __slots__ = ("count", "crowded", "further", "given_away", "most", "returned", "waiting")

    def __init__(self, count: int) -> None:
        self.count: int = count
        self.most: dict[int, int] = {}
        self.further: dict[int, dict[Gates, int]] = {}
        self.waiting: set[int] = set()
        self.crowded: bool = False
        self.returned: bool = False
        self.given_away: bool = False

    @property
    def short(self) -> bool:
        """Whether all threads together may want more units than there are."""
        return self.crowded or sum(self.most.copy().values()) > self.count

    def want(self, thread: int, number: int) -> bool:
        """Note that a thread will hold so many units; return whether this is the first time that they may run short."""
        if self.most.get(thread, 0) >= number:
            return False
        before = self.short
        if thread in self.most or len(self.most) < MOST_THREADS:
            self.most[thread] = number
        else:
            self.crowded = True
        return self.short and not before

    def note_waiting(self, thread: int) -> int:
        """Note that a thread waits for others while it holds a unit; return how many units such threads can hold."""
        if thread in self.most:
            self.waiting.add(thread)
        return self.held_by(self.waiting)

    def held_by(self, threads: set[int]) -> int:
        """Return how many units these threads hold at most."""
        return sum(self.most.get(thread, 0) for thread in list(threads))

    def want_further(self, thread: int, number: int, gates: Gates) -> int:
        """Note that a thread wants its unit of this number while it holds the others.

        Return how many threads that do so, with no gate in common, can hold all units; 0 if they cannot.
        """
        ways = self.further.setdefault(thread, {}) if len(self.further) < MOST_THREADS else {}
        if len(ways) < MOST_WAYS or gates in ways:
            ways[gates] = max(number, ways.get(gates, 0))
        taken, closed, threads = number - 1, set(gates), 1
        for other, known in self.further.copy().items():
            best = max(
                (way for way in known.copy().items() if not closed & way[0]), key=lambda way: way[1], default=None
            )
            if taken < self.count and other != thread and best is not None:
                taken, closed, threads = taken + best[1] - 1, closed | best[0], threads + 1
        return threads if taken >= self.count else 0


class Capacity:
    """The semaphores of one class. `most` is the greatest number of units that one of them has.

    `inside` is the class of the lock inside each of them: under a unit it is taken briefly. `given_away`: units of one
    of them were.
    """

    __slots__ = ("_semaphores", "given_away", "inside", "most")

    def __init__(self, inside: object) -> None:
        self.inside: object = inside
        self.most: int = 0
        self.given_away: bool = False
        self._semaphores: dict[int, Units] = {}

    def add(self, serial: int, count: int) -> Units:
        """Return what is to be known of a new semaphore with so many units."""
        self.most = max(self.most, count)
        made = Units(count)
        if len(self._semaphores) < MOST_SEMAPHORES:
            self._semaphores[serial] = made
        return made

    def find(self, serial: int) -> Units | None:
        """Return what is known of the semaphore with this serial; None if it is too much to remember."""
        found: Mapping[int, Units] = self._semaphores
        return found.get(serial)

    def is_given_away(self, serial: int) -> bool:
        """Return whether the semaphore with this serial is a signal. Of one that is not kept the others tell."""
        units = self._semaphores.get(serial)
        return self.given_away if units is None else units.given_away

    def is_returned(self, serial: int) -> bool:
        """Return whether a thread has given back what it took of this semaphore, as far as that is known."""
        units = self._semaphores.get(serial)
        return units is None or units.returned
