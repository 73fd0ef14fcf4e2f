"""ParkRequest: one request to a KThread that it parks, from kthread_park to kthread_unpark.

Two ends are waited for: the parker waits until the thread has parked, and the parked thread until the request is over.
Neither takes a lock of the program.
"""

from __future__ import annotations

from lockdep.fastpath import DepMap
from primitives._errand import Errand


class WayToPark(Errand):
    """The time until the thread parks: only the thread that runs `errand` can bring about its end."""

    def __init__(self, errand: Errand, dep_map: DepMap) -> None:
        super().__init__(dep_map)
        self._errand = errand

    def runners(self) -> tuple[int, ...]:
        """Return the serial of that thread, if it runs."""
        return self._errand.runners()

    def text(self) -> str:
        """Return what is waited for."""
        return f"the parking of {self.place()}"


class Stay(Errand):
    """The time while the thread is parked: anybody may bring about its end."""

    def text(self) -> str:
        """Return what is waited for."""
        return "the end of its parking"


class ParkRequest:
    """`parked` says whether the thread has parked for it. Invariant: who ends `stay` ends `way`, too."""

    __slots__ = ("parked", "stay", "way")

    def __init__(self, errand: Errand, dep_map: DepMap) -> None:
        self.way = WayToPark(errand, dep_map)
        self.stay = Stay(dep_map)
        self.parked = False

    def park(self) -> None:
        """Tell the parker that the calling thread is parked, and sleep until the request is over."""
        self.parked = True
        self.way.end()
        self.stay.wait()

    def end(self) -> None:
        """Let the thread go on, and the parker, if it never parked."""
        self.stay.end()
        self.way.end()
