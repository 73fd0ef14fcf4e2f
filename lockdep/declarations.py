"""What a program declares of the order of its own locks, and functions that run under a lock.

    lockdep.order(accounts, journal)              a journal's lock may be taken under an account's, never the reverse

    @lockdep.synchronized("_lock")                the method holds self._lock
    def deposit(self, amount): ...

Nothing here raises because of a finding. While tracking is off, and for locks that are not validated, `order` does
nothing, and `synchronized` takes its lock all the same.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from itertools import pairwise
from typing import Any, ParamSpec, TypeVar

from lockdep import fastpath, runtime
from lockdep.annotations import dep_map
from lockdep.fastpath import UNTRACKED
from lockdep.graph import hierarchy
from lockdep.graph.classes import LockClass
from lockdep.trace import capture, site

__all__ = ["order", "synchronized"]

P = ParamSpec("P")
R = TypeVar("R")

STEPS = 8  # of a stack, to find the program's own frame


def order(*locks: Any) -> None:
    """Declare that locks of these classes are taken in this order, if several are held together.

    Taking one under a later one is a finding (`order`), also if the opposite order is never seen; so is a declaration
    that contradicts another one. Declarations add up: after order(a, b) and order(b, c), a comes before c. Locks that
    were taken the other way round before are reported when that happens again. A try may be in any order. For locks of
    one class use set_order. TypeError for an object that is no lock. Cost: a walk over all known chains of locks, if
    the order is new.
    """
    place = site(capture(STEPS))
    for first, later in pairwise([one for one in map(_class_of, locks) if one is not None]):
        is_new = not hierarchy.path(first, later)
        declared = hierarchy.declare(first, later, place)
        if not runtime.is_active():
            continue
        if declared and is_new:
            runtime.validator().declared(fastpath.thread_state(), first, later)
        elif not declared:
            text = f"{later.name} comes before {first.name} by another declaration, or both are one class"
            runtime.validator().misused("contradictory lock order declared", text, first, later)


def _class_of(lock: Any) -> LockClass | None:
    mine = dep_map(lock)
    return None if mine is None or mine.entry is UNTRACKED else mine.entry.lock_class.base


def synchronized(lock: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator: the function runs with the lock held. For a method, `lock` can be the name of an attribute.

    A report says that the lock was taken where the function was called. TypeError for a coroutine function or a
    generator, whose body runs after the call. Cost: 0.2 us, and the lock.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        kinds = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
        if any(kind(function) for kind in kinds):
            raise TypeError(f"{function.__qualname__} runs after it was called, when the lock is not held any more")

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            with getattr(args[0], lock) if isinstance(lock, str) else lock:
                return function(*args, **kwargs)

        return call

    return decorate
