"""A run: a thread from start to end, or one work item on a pool's thread. It remembers which locks it took.

Whoever waits for a run depends on every lock it takes. `took` has the instances, up to a bound, and `coarse` one
chain for each class beyond it; the fast path fills both.
"""

from __future__ import annotations

from collections.abc import Callable

from lockdep.fastpath import Chain, Entry, new_serial


class Run:
    """One thread or work item, and what it took: serial of a lock -> the chain it was taken in."""

    __slots__ = ("coarse", "label", "place", "serial", "took")

    def __init__(self, label: Callable[[], str], place: Callable[[], str], serial: int | None = None) -> None:
        self.serial: int = new_serial() if serial is None else serial
        self.label = label
        self.place = place
        self.took: dict[int, Chain] = {}
        self.coarse: dict[Entry, Chain] = {}

    def chains(self) -> list[tuple[int, Chain]]:
        """Return (serial, chain) once for each entry taken; serial 0 where the instance was not kept."""
        known: dict[Entry, tuple[int, Chain]] = {}
        for serial, chain in list(self.took.items()):
            known.setdefault(chain.entry, (serial, chain))
        for entry, chain in list(self.coarse.items()):
            known.setdefault(entry, (0, chain))
        return list(known.values())
