"""Garbage whose end takes locks: __del__ and weakref callbacks, run by the collector and by reference counts."""

from __future__ import annotations

import gc
import weakref
from itertools import count
from typing import Any, ClassVar

from tests.stress.locks import Locks, interrupt


class Garbage:
    """Takes locks when it dies; in_cycle leaves that to the collector."""

    def __init__(self, yard: Yard, in_cycle: bool) -> None:
        self.yard = yard
        self.me = self if in_cycle else None

    def __del__(self) -> None:
        self.yard.finalize()


class Yard:
    """One thread's maker of garbage; keeps the weak references whose callbacks are to run.

    What finalizers touch is not shared: a container that many threads write may be locked for ever in a forked child of
    a free-threaded build, when its lock was just handed to a thread that the child does not have.
    """

    numbers = count()  # of all that died
    dropped: ClassVar[list[Any]] = [None] * 8

    def __init__(self, locks: Locks) -> None:
        self.locks = locks
        self.watching: set[weakref.ref[Garbage]] = set()

    def finalize(self, reference: weakref.ref[Garbage] | None = None) -> None:
        interrupt(self.locks, next(self.numbers))
        if reference is not None:
            self.watching.discard(reference)

    def litter(self, number: int) -> None:
        """Make a cycle for the collector, and an object that some other thread will drop."""
        cycle = Garbage(self, in_cycle=True)  # a local: a reference that is dead already cannot be put into a set
        self.watching.add(weakref.ref(cycle, self.finalize))
        self.dropped[number % len(self.dropped)] = Garbage(self, in_cycle=False)


def clear_garbage() -> None:
    """End all garbage, so that nothing takes locks any more."""
    Yard.dropped.clear()
    gc.collect()


def heat_collector() -> None:
    gc.set_threshold(50, 10, 200)
