"""Timer: a function that is called once at a time that was set (kernel: struct timer_list).

    watchdog = Timer(bark)                     bark(timer) is called with the timer
    watchdog.mod(jiffies() + 30)               to be called again and again before the time is up
    watchdog.delete_sync()                     bark does not run any more, nor does a call of it go on

Functions run in softirq context on a thread of their own, one after the other: they must not sleep, and a lock that one
takes must be taken with bottom halves off by everybody else (kernel: timer_list, softirq-safe locks). Times are seconds
of the monotonic clock.

`delete_sync` waits for a function that runs, so it must not be called under a lock that the function takes, in a
hardirq handler, or by the function itself. The first is reported before it happens: to the validator the function is
held while it runs, and waited for by delete_sync.

Cost: some 2 us to set or delete one, and 10 us of the thread's time; 15 us more when it expires, and its function.
"""

from __future__ import annotations

import time
import weakref
from dataclasses import dataclass

from lockdep.contexts.simulated import in_hardirq
from lockdep.forks import at_fork
from lockdep.wait_types import INV, Traits
from primitives._deferred import Deferred, Function, nothing
from primitives._errand import Errand
from primitives._report import misused
from primitives._wheel import wheel

_timers: weakref.WeakSet[Timer] = weakref.WeakSet()
IN_HARDIRQ = "timer_delete_sync() in a hardirq handler"


def jiffies() -> float:
    """Return the time of the clock that timers follow, in seconds."""
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class TimerStatistics:
    """The state of a timer at one moment.

    runs       how often its function has begun so far
    pending    whether it is going to expire
    running    whether its function runs now
    expires    when it expires, or was to expire last, in seconds of the monotonic clock
    """

    runs: int
    pending: bool
    running: bool
    expires: float


class Timer(Deferred):
    """Calls function(timer) when its time has come."""

    __slots__ = ("_expires", "_shut_down")
    # What the function takes has usage bits of its own, so the searches for interrupt deadlocks need not pass here.
    # They would report the same lock once more, as one that is taken under something that is held in a softirq.
    traits: Traits = Traits(inner=INV, kind="percpu", by_instance=True)

    def __init__(self, function: Function = nothing, name: str | None = None) -> None:
        super().__init__(function, name)
        self._expires = 0.0
        self._shut_down = False
        _timers.add(self)

    def setup(self, function: Function) -> None:
        """Give it another function (kernel: timer_setup). Not while it is pending."""
        self._function = function
        self._shut_down = False

    @property
    def expires(self) -> float:
        """When it expires, or was to expire last, in seconds of the monotonic clock."""
        return self._expires

    def mod(self, expires: float) -> bool:
        """Let it expire at this time, in place of an earlier choice; return whether it was pending (kernel: mod_timer).

        A time that is over means at once. After shutdown() it does nothing.
        """
        if self._is_shut_down():
            return False
        was_pending = self.cancel()
        errand = Errand(self.dep_map)
        if self._promise(errand):  # else another thread has been faster, and its time counts
            self._expires = expires
            wheel.at(expires, errand, lambda: self._run(errand))
        if self._is_shut_down():  # meanwhile
            self.cancel()
        return was_pending

    def add(self, expires: float) -> None:
        """Let it expire at this time (kernel: add_timer). A finding, and nothing more, if it is pending already."""
        if self.pending():
            misused("add_timer() of a pending timer", "use mod() to change its time", *self._classes())
        else:
            self.mod(expires)

    def delete(self) -> bool:
        """Keep it from expiring; return whether it was pending. A call that goes on goes on (kernel: timer_delete)."""
        return self.cancel()

    def delete_sync(self) -> bool:
        """Keep it from expiring, and wait for a call of its function that goes on; return whether it was pending.

        A function that sets its timer again is stopped, too. DeadlockError if the function itself calls this.
        """
        if in_hardirq():
            misused(IN_HARDIRQ, "it may have interrupted the function that it waits for", *self._classes())
        self._ask_to_wait("timer_delete_sync()")
        return self._cancel_and_wait()

    def shutdown(self) -> bool:
        """Like delete, for good: mod() does nothing any more (kernel: timer_shutdown)."""
        self._shut_down = True
        return self.delete()

    def shutdown_sync(self) -> bool:
        """Like delete_sync, for good: mod() does nothing any more (kernel: timer_shutdown_sync)."""
        self._shut_down = True
        return self.delete_sync()

    def statistics(self) -> TimerStatistics:
        """Return the statistics at this moment."""
        running = any(errand.runner for errand in list(self._unfinished))
        return TimerStatistics(self._runs, self.pending(), running, self._expires)

    def _is_shut_down(self) -> bool:
        return self._shut_down

    def _forked(self) -> None:
        for errand in list(self._unfinished):
            if self._next.read() is not errand:  # the thread that ran it is not here
                self._forget(errand)


def _in_child() -> None:
    for timer in list(_timers):
        timer._forked()


at_fork(after_in_child=_in_child)
