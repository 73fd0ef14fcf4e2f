"""Runs: threads, and work items on a pool's threads. They are made for each request of a server: see fastpath/_runs.py.

What a run refers to, and who waits for one, stands here.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from lockdep.fastpath import Course, Origin, Run, Sighting
from lockdep.kept import kept
from lockdep.places import Step

__all__ = ["Course", "Origin", "Pool", "Run", "Task", "Waiter"]


class Waiter(NamedTuple):
    """A thread that waits for a run now, and holds locks. `timed` says whether the wait has a timeout."""

    seen: Sighting
    timed: bool


@kept
class Pool(NamedTuple):
    """A pool of threads. `serial` is its number, `workers` the most that it may have, `name` that of its type.

    `made` is the place where it was made.
    """

    serial: int
    workers: int
    name: str
    made: Step | None = None


class Task(Protocol):
    """A work item that was submitted at the moment `queued`: its name, and the place where its code begins.

    `submitter` is the serial of the thread that has submitted it, 0 if that is not known.
    """

    @property
    def queued(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def submitter(self) -> int: ...
