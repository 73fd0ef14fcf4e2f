"""A run: a thread from its start to its end, or one work item on a pool's thread. It remembers which locks it took.

A thread that waits for a run depends on every lock that the run takes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lockdep.fastpath import Entry, Sighting, new_serial


class Waiter(NamedTuple):
    """A thread that waits for a run now, and holds locks. `timed` says whether the wait has a timeout."""

    seen: Sighting
    timed: bool


class Run:
    """One thread or work item, and the locks it took. `label` and `place` return its name and where it was started.

    `waiters` has the threads that wait for it now while they hold locks.

    The fast path fills `took`: the serial of a lock -> how the run took it first. Beyond the option max_instances it
    keeps one Sighting for each entry instead, under the entry.
    """

    __slots__ = ("label", "place", "serial", "took", "waiters")

    def __init__(self, label: Callable[[], str], place: Callable[[], str], serial: int | None = None) -> None:
        self.serial: int = new_serial() if serial is None else serial
        self.label = label
        self.place = place
        self.took: dict[int | Entry, Sighting] = {}
        self.waiters: list[Waiter] = []

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        """Be pickled as None: a Thread or Future of the program has one of these, and is pickled without lockdep."""
        return type(None), ()

    def taken(self) -> list[tuple[int, Sighting]]:
        """Return (serial, sighting) once for each entry taken; the serial is 0 if the instance was not remembered."""
        known: dict[Entry, tuple[int, Sighting]] = {}
        for key, seen in list(self.took.items()):
            known.setdefault(seen.chain.entry, (key if isinstance(key, int) else 0, seen))
        return list(known.values())
