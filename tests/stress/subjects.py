"""What locktorture and rwtorture run on: critical sections that admit one writer, or a fixed number of them, at once.

Subjects are found in the adapter modules, tests/primitives/adapt_*.py. Each of these has a dictionary SUBJECTS from a
name to a function that makes a new subject. If the function's argument is true, it makes a variant that is broken on
purpose, and the torture must detect that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.primitives.discovery import adapter_modules

Leave = Callable[[], object]
Way = Callable[[float], Leave | None]


@dataclass(frozen=True)
class Side:
    """How to enter a critical section as a writer or as a reader.

    section     returns the context manager to enter it by
    timed       tries to enter for a number of seconds, 0 for a single try; returns the function that leaves it again,
                or None if the time was up. None for a primitive that has no such method
    """

    section: Callable[[], Any]
    timed: Way | None = None


@dataclass(frozen=True)
class Subject:
    """One primitive under torture.

    write, read     the sides; read is None for a primitive without readers
    room            how many writers may be inside at once; readers may be inside only while no writer is
    interruptible   an exception that a signal handler raises anywhere in `section` loses nothing
    """

    write: Side
    read: Side | None = None
    room: int = 1
    interruptible: bool = True


MakeSubject = Callable[[bool], Subject]


def all_subjects() -> dict[str, MakeSubject]:
    """Return the subjects of all adapter modules, by name."""
    return {name: make for module in adapter_modules() for name, make in module.SUBJECTS.items()}


def way(take: Callable[[float], bool], leave: Leave) -> Way:
    """Return the `timed` function of a Side from a function that takes and one that gives back."""
    return lambda seconds: leave if take(seconds) else None


class IgnoresFailedTry:
    """A broken critical section: it is entered after one trylock, whether or not that took the lock."""

    def __init__(self, lock: Any) -> None:
        self.lock = lock
        self.taken = False

    def __enter__(self) -> None:
        self.taken = self.lock.trylock()

    def __exit__(self, *_: object) -> None:
        if self.taken:
            self.lock.unlock()


class TakesOneUnit:
    """A broken writer of a queue of units: it takes one unit, as a reader does."""

    def __init__(self, lock: Any) -> None:
        self.lock = lock

    def __enter__(self) -> None:
        self.lock.lock(1)

    def __exit__(self, *_: object) -> None:
        self.lock.unlock(1)


def exclusive(kind: Callable[[], Any], broken: bool) -> Subject:
    """Return a subject for a lock with trylock, lock_timeout, unlock and `with`."""
    lock = kind()
    if broken:
        return Subject(Side(lambda: IgnoresFailedTry(lock)), interruptible=False)
    return Subject(Side(lambda: lock, way(lock.lock_timeout, lock.unlock)))
