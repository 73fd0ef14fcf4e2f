"""Objects whose finalizers take locks: __del__ and weakref callbacks, run by the collector or reference counts."""

from __future__ import annotations

import gc
import weakref
from itertools import count
from typing import Any, ClassVar

from tests.stress.locks import Locks, interrupt


class Garbage:
    """An object that takes locks when it is finalized. The collector does that if it is in a cycle."""

    def __init__(self, yard: Yard, in_cycle: bool) -> None:
        self.yard = yard
        self.me = self if in_cycle else None

    def __del__(self) -> None:
        self.yard.finalize()


class Yard:
    """Makes garbage for one thread, and keeps the weak references so that their callbacks run.

    Threads do not share the containers that finalizers write. On a free-threaded build a shared one may stay locked
    forever in a forked child, if its lock was being handed to a thread that the child does not have.
    """

    numbers = count()  # one for each finalizer that ran
    dropped: ClassVar[list[Any]] = [None] * 8

    def __init__(self, locks: Locks) -> None:
        self.locks = locks
        self.watching: set[weakref.ref[Garbage]] = set()

    def finalize(self, reference: weakref.ref[Garbage] | None = None) -> None:
        interrupt(self.locks, next(self.numbers))
        if reference is not None:
            self.watching.discard(reference)

    def litter(self, number: int) -> None:
        """Make a cycle for the collector, and an object whose last reference some other thread will drop."""
        cycle = Garbage(self, in_cycle=True)  # kept in a local, because a dead reference cannot be put into a set
        self.watching.add(weakref.ref(cycle, self.finalize))
        self.dropped[number % len(self.dropped)] = Garbage(self, in_cycle=False)


def clear_garbage() -> None:
    """Finalize all garbage, so that no finalizer takes a lock afterwards."""
    Yard.dropped.clear()
    gc.collect()


def heat_collector() -> None:
    gc.set_threshold(50, 10, 200)
