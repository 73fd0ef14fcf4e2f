"""Hooks for forks, on systems that have forks, and what goes with a lock to a process that is no fork."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any


def at_fork(**hooks: Callable[[], object]) -> None:
    """Register functions as os.register_at_fork does; where no process can fork, do nothing."""
    register = getattr(os, "register_at_fork", None)
    if register is not None:
        register(**hooks)


class SentState(tuple[Any, ...]):
    """The state of a lock of multiprocessing that is pickled for a child, with the name of its lock class.

    With it go the lock's identity, which is the same in all processes, and how many units it began with.

    It is here, where nothing else is imported: a child that tracks nothing unpickles it, too, and sees a plain tuple.
    """

    lock_class: str
    identity: str
    units: int

    def __new__(cls, state: tuple[Any, ...], lock_class: str, identity: str, units: int) -> SentState:
        """Return the state with what goes with it."""
        made = super().__new__(cls, state)
        made.lock_class = lock_class
        made.identity = identity
        made.units = units
        return made

    def __reduce__(self) -> Any:
        return SentState, (tuple(self), self.lock_class, self.identity, self.units)
