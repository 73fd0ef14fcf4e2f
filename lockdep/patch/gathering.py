"""concurrent.futures.wait and as_completed: waits for several work items at once.

Both wait for an event of their own, and programs have copies of the two functions: which futures they wait for is read
from their frames when that wait begins.
"""

from __future__ import annotations

from functools import partial
from types import FrameType, ModuleType
from typing import Any

from lockdep.patch.changes import Changes
from lockdep.patch.conditions import SPECIAL, Signal
from lockdep.patch.futures import WorkResult, goes_on
from lockdep.patch.imports import after_import
from lockdep.patch.pools import task_of, wait_in_pool
from lockdep.waits.aims import Enders

MOST_JUDGED = 4  # futures of one wait that are judged


def follow_gathering(changes: Changes) -> None:
    """Learn the two functions, now or when the program imports them."""
    after_import(changes, "concurrent.futures._base", learn_functions)


def learn_functions(_changes: Changes, base: ModuleType) -> None:
    """Remember the code of the two functions, and which of its local variables has the futures."""
    SPECIAL[base.wait.__code__] = partial(results_in, "fs")
    SPECIAL[base.as_completed.__code__] = partial(results_in, "pending")


def results_in(name: str, frame: FrameType, condition: Any) -> Results | None:
    """Return the results of the futures that have not ended yet and that this variable has; None if there are none."""
    futures = [future for future in frame.f_locals.get(name, ()) if goes_on(future)]
    return Results(futures, condition) if futures else None


class Results(Signal):
    """The results of some of these futures; what a Wait for them waits for."""

    __slots__ = ("futures",)

    def __init__(self, futures: list[Any], condition: Any) -> None:
        super().__init__("the results of work items", False, condition)
        self.futures: list[Any] = futures

    def judge(self, *, timed: bool) -> None:
        """Judge that the running thread waits for them, if it is a worker of their pool."""
        for future in self.futures[:MOST_JUDGED]:
            wait_in_pool(future, timed=timed)

    def enders(self) -> Enders:
        """Return all threads that can end one of them: perhaps too many, if all are waited for."""
        every = [WorkResult(future).enders() for future in self.futures if goes_on(future)]
        serials = tuple(serial for one in every for serial in one.serials)
        return Enders(serials, every=not every, anybody=any(one.anybody or one.every for one in every))

    def place(self) -> str:
        """Return where the code of the first one begins."""
        task = task_of(self.futures[0])
        return "task" if task is None else task.place
