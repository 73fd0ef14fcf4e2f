"""Hooks for forks, on systems that have forks, and what goes with a lock to a process that is no fork."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from typing import Any

Hook = Callable[[], object]
_ours: dict[str, tuple[Hook, ...]] = {}  # the hooks that were registered here: kind -> in the order of registration


def at_fork(**hooks: Hook) -> None:
    """Register functions as os.register_at_fork does; where no process can fork, do nothing."""
    register = getattr(os, "register_at_fork", None)
    if register is not None:
        register(**hooks)
        for kind, hook in hooks.items():
            _ours[kind] = (*_ours.get(kind, ()), hook)


def stand_next_to_the_fork() -> None:
    """Have our hooks called as the last ones before a fork, and as the first ones after it.

    A program that imports logging and then lockdep has registered the hooks of logging first. What these take before
    the fork, and make anew in the child, would not be seen. CPython calls the hooks in the order of a list, or
    backwards; there is no other way to that list than to look which lists our hook is in. Those of threading stay
    ahead, as they say who the running thread is. Cost: a look at all objects.
    """
    for found in gc.get_referrers(*(hooks[0] for hooks in _ours.values())):
        for hooks in _ours.values():
            if type(found) is list and all(hook in found for hook in hooks):
                ahead = [hook for hook in found if getattr(hook, "__module__", "") == "threading"]
                others = [hook for hook in found if hook not in ahead and hook not in hooks]
                found[:] = [*ahead, *hooks, *others]


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
