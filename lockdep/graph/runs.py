"""A run: a thread from its start to its end, or one work item on a pool's thread. It remembers which locks it took.

A thread that waits for a run depends on every lock that the run takes.
"""

from __future__ import annotations

from collections.abc import Callable

from lockdep.fastpath import Chain, Entry, new_serial


class Run:
    """One thread or work item, and the locks it took. `label` and `place` return its name and where it was started.

    The fast path fills `took`: the serial of a lock -> the chain in which the run took it. Beyond the option
    max_instances it keeps one chain for each entry instead, under the entry.
    """

    __slots__ = ("label", "place", "serial", "took")

    def __init__(self, label: Callable[[], str], place: Callable[[], str], serial: int | None = None) -> None:
        self.serial: int = new_serial() if serial is None else serial
        self.label = label
        self.place = place
        self.took: dict[int | Entry, Chain] = {}

    def chains(self) -> list[tuple[int, Chain]]:
        """Return (serial, chain) once for each entry taken; the serial is 0 if the instance was not remembered."""
        known: dict[Entry, tuple[int, Chain]] = {}
        for key, chain in list(self.took.items()):
            known.setdefault(chain.entry, (key if isinstance(key, int) else 0, chain))
        return list(known.values())
