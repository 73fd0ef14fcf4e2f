"""Errand: one run of a function that somebody has asked for, from the request to its end, and the wait for that end.

It ends when the function has returned, or when it was cancelled. Any number of threads may wait for it. The end takes
no lock of the program, so signal handlers, finalizers and simulated handlers may bring it about.
"""

from __future__ import annotations

import sys
from typing import ClassVar

from lockdep import fastpath
from lockdep.fastpath import DepMap
from lockdep.fastpath.waitqueue import WaitQueue
from lockdep.waits.aims import ANYBODY, NOW, Enders
from primitives._sleeping import sleep_on


class Errand:
    """What a wait for it waits for, too (see lockdep.waits.aims.Aim).

    `maps` are held while it runs; the last one is that of its function.
    `runner` is the serial of the thread that runs it, 0 before it runs. Invariant: who finds `ended` false after having
    parked a queue is woken by the end.
    """

    looks: ClassVar[bool] = True
    resource: ClassVar[bool] = False
    sleepers: ClassVar[None] = None

    def __init__(self, *maps: DepMap) -> None:
        self.maps = maps
        self.runner: int = 0
        self.ended: bool = False
        self._parked: dict[WaitQueue, None] = {}

    def begin(self) -> None:
        """Note that the calling thread runs it from now on."""
        self.runner = fastpath.thread_state().serial

    def is_mine(self) -> bool:
        """Return whether the calling thread runs it now."""
        return self.runner == fastpath.thread_state().serial

    def end(self) -> None:
        """Note that it is over, and wake who waits for it."""
        self.ended = True
        self.runner = 0
        while self._parked:
            try:
                queue, _ = self._parked.popitem()
            except KeyError:  # a waiter has given up meanwhile
                return
            queue.give(1)

    def wait(self) -> None:
        """Sleep until it is over. At the exit of the interpreter, when its thread never runs again, return at once."""
        queue = WaitQueue(0)
        self._parked[queue] = None
        try:
            while not self.ended and not sys.is_finalizing():
                sleep_on(queue, self)
        finally:
            self._parked.pop(queue, None)

    # What the table of waits asks

    def ender(self) -> int:
        """Return the serial of the thread that runs it; 0 if none does yet."""
        runners = self.runners()
        return runners[0] if len(runners) == 1 else 0

    def enders(self) -> Enders:
        """Return the threads that can go on with it; anybody, as long as none runs it."""
        runners = self.runners()
        if self.ended or any(fastpath.find_thread(runner) is None for runner in runners):
            return NOW
        return Enders(runners) if runners else ANYBODY

    def runners(self) -> tuple[int, ...]:
        """Return the serials of the threads, one of which has to go on before it can end; () if that is not known."""
        return (self.runner,) if self.runner else ()

    def interrupt(self, _ident: int, _error: Exception) -> bool:
        """Do nothing: the thread looks by itself."""
        return False

    def text(self) -> str:
        """Return what is waited for."""
        return f"the end of {self.place()}"

    def place(self) -> str:
        """Return the name of the timer, work item or thread that it is a run of."""
        lock_class = self.maps[-1].entry.lock_class
        return "something that is not tracked" if lock_class is None else str(lock_class.name)
