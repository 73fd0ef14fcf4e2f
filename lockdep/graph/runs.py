"""A run: a thread from start to end, or one work item on a pool's thread. It remembers which locks it took.

Whoever waits for a run depends on every lock it takes. `took` has the instances, up to a bound, and `coarse` one
chain for each class beyond it; the fast path fills both.
"""

from __future__ import annotations

from collections.abc import Callable

from lockdep.fastpath import Chain, Entry, new_serial


class Run:
    """One thread or work item, and what it took: serial of a lock, or entry -> the chain it was taken in."""

    __slots__ = ("label", "place", "serial", "took")

    def __init__(self, label: Callable[[], str], place: Callable[[], str], serial: int | None = None) -> None:
        self.serial: int = new_serial() if serial is None else serial
        self.label = label
        self.place = place
        self.took: dict[int | Entry, Chain] = {}

    def chains(self) -> list[tuple[int, Chain]]:
        """Return (serial, chain) once for each entry taken; serial 0 where the instance was not kept."""
        known: dict[Entry, tuple[int, Chain]] = {}
        for key, chain in list(self.took.items()):
            known.setdefault(chain.entry, (key if isinstance(key, int) else 0, chain))
        return list(known.values())
