"""Deferred: a function that runs later in another thread. What timers and work items have in common.

To the validator it is a map: whoever runs the function holds it meanwhile, and whoever waits for the function depends
on it. So a wait under a lock that the function takes is reported, whichever of the two is seen first, and before
anything hangs (kernel: the lockdep_map of struct timer_list and struct work_struct).

No lock is taken here: each change is one atomic operation on `_next`, the run that was asked for and has not begun.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lockdep.fastpath import DepMap
from lockdep.wait_types import INV, Traits
from primitives._daemons import call
from primitives._delivery import balance, check_balance
from primitives._errand import Errand
from primitives._report import hopeless, initialised
from primitives.atomic import AtomicRef

Function = Callable[[Any], object]


def nothing(_: object) -> None:
    """Do nothing: the function of what was given none yet."""


class Deferred:
    """`function` is called with the object itself.

    Invariant: a run that has not ended is in `_unfinished`. It has a `runner`, and is the one that `_begun` last, from
    before it leaves `_next`; the runner to its end. So if nobody has a runner, nothing is next, and `_begun` is what it
    was before these looks, then no thread is in the function, and none will be before somebody asks again.
    """

    __slots__ = ("__weakref__", "_begun", "_function", "_next", "_runs", "_unfinished", "dep_map")
    traits: Traits = Traits(inner=INV, by_instance=True)

    def __init__(self, function: Function, name: str | None) -> None:
        initialised(self)
        self.dep_map: DepMap = DepMap(name, type(self))
        self._function = function
        self._next: AtomicRef[Errand | None] = AtomicRef(None)
        self._unfinished: dict[Errand, None] = {}
        self._runs = 0
        self._begun: Errand | None = None

    def pending(self) -> bool:
        """Return whether it is going to run: it was asked to, and has not begun."""
        return self._next.read() is not None

    def cancel(self) -> bool:
        """Keep it from running as long as nobody asks again; return whether it would have run. Never waits."""
        errand = self._next.xchg(None)
        if errand is not None:
            self._forget(errand)
        return errand is not None

    def _promise(self, errand: Errand) -> bool:
        """Make this the next run. Return False if there is one already."""
        self._unfinished[errand] = None
        promised = self._next.cmpxchg(None, errand) is None
        if not promised:
            self._forget(errand)
        return promised

    def _forget(self, errand: Errand) -> None:
        self._unfinished.pop(errand, None)
        errand.end()

    def _run(self, errand: Errand) -> None:
        """Call the function for this run, unless it was cancelled."""
        self._begun = errand
        errand.begin()
        if self._next.cmpxchg(errand, None) is not errand:
            errand.runner = 0
            return
        self._runs += 1
        before = balance()
        try:
            call(self._called, errand.maps)
            check_balance(self._function, before)
        finally:
            self._forget(errand)

    def _called(self, maps: Sequence[DepMap]) -> None:
        if not maps:
            self._function(self)
            return
        maps[0].hold()
        try:
            self._called(maps[1:])
        finally:
            maps[0].release()

    def _ask_to_wait(self, caller: str) -> None:
        """Validate a wait for all runs. DeadlockError if the calling thread is in one of them."""
        if any(errand.is_mine() for errand in list(self._unfinished)):
            hopeless(f"{caller} called by its own function", "the function waits for itself", *self._classes())
        self.dep_map.sync()

    def _classes(self) -> tuple[Any, ...]:
        lock_class = self.dep_map.entry.lock_class
        return () if lock_class is None else (lock_class,)

    def _cancel_and_wait(self) -> bool:
        """Cancel the next run and wait for the one that goes on, until there is none. Return whether it was pending."""
        cancelled = False
        while True:
            begun = self._begun
            cancelled = self.cancel() or cancelled
            running = [errand for errand in list(self._unfinished) if errand.runner]
            if running:
                running[0].wait()
            elif self._next.read() is None and self._begun is begun:  # else one has asked for the next run, and ended
                return cancelled
