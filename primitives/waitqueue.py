"""WaitQueueHead: threads that sleep until a condition holds and others wake them (kernel: wait_queue_head_t).

    stock = WaitQueueHead()
    stock.wait_event(lambda: shelf)            one thread: sleeps until the shelf is not empty
    shelf.append(item); stock.wake_up()        another one: makes the condition true first, then wakes

The condition is called by the waiting thread, several times, with nothing locked. No wake-up is lost: the thread is in
the queue before it looks, so a change that comes after its look wakes it. `wake_up` wakes all threads but, of those
that wait exclusively, one; `wake_up_all` wakes them, too. Both may be called in any context.

A wait sleeps, so it must not be begun where nothing may sleep. To begin one under a lock that all who wake need is
reported, as for a Condition: by what each of them held when it called `wake_up`.

Cost: a wait that does not have to sleep costs the call of the condition and some 4 us, for might_sleep; wake_up costs
less than 1 us, and some 2 for each thread that it wakes.
"""

from __future__ import annotations

import time
from _thread import get_ident
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from lockdep import assertions, fastpath, runtime
from lockdep.fastpath import DepMap
from lockdep.fastpath.waitqueue import FOREVER, WaitQueue
from lockdep.violations.finding import DeadlockError
from lockdep.wait_types import INV, Traits
from lockdep.waits.aims import ANYBODY, CONDITION, Enders
from primitives._report import initialised
from primitives._sleeping import sleep_on
from primitives.spinlock import SpinLock

Condition = Callable[[], object]
_sleeping: dict[int, WaitQueue] = {}  # ident of a thread -> what it sleeps on, or is about to, in its innermost wait


@dataclass(frozen=True, slots=True)
class WaitQueueStatistics:
    """The state of a wait queue at one moment.

    waiting    threads that wait and were not woken
    wakeups    how often a thread has been woken so far; not exact while several threads wake others
    """

    waiting: int
    wakeups: int


class Sleeper:
    """One wait of one thread. It may be woken while it is in the queue; who takes it out wakes it."""

    __slots__ = ("exclusive", "queue")

    def __init__(self, exclusive: bool) -> None:
        self.exclusive: bool = exclusive
        self.queue: WaitQueue = WaitQueue(0)


class WakeUp:
    """What a thread waits for that is in the queue (see lockdep.waits.aims.Aim): anybody may wake it."""

    looks: ClassVar[bool] = True
    resource: ClassVar[bool] = False

    def __init__(self, head: WaitQueueHead) -> None:
        self.condition = head

    @property
    def sleepers(self) -> dict[Sleeper, bool]:
        """Those who were not woken."""
        return self.condition._waiters

    def ender(self) -> int:
        """Return 0: anybody can wake it."""
        return 0

    def enders(self) -> Enders:
        """Return anybody."""
        return ANYBODY

    def interrupt(self, _ident: int, _error: Exception) -> bool:
        """Do nothing: the thread looks by itself."""
        return False

    def text(self) -> str:
        """Return what is waited for."""
        return "a condition"

    def place(self) -> str:
        """Return the name of the wait queue."""
        lock_class = self.condition.dep_map.entry.lock_class
        return "a wait queue that is not tracked" if lock_class is None else str(lock_class.name)


class WaitQueueHead:
    """A queue of threads that wait for conditions. It has no state of its own: the conditions do.

    Invariant: a thread enters `_waiters` before it looks at its condition, and leaves it by being woken, or by itself.
    """

    traits: Traits = Traits(inner=INV)

    def __init__(self, name: str | None = None) -> None:
        initialised(self)
        self.dep_map: DepMap = DepMap(name, type(self))
        self._lock: DepMap = self.dep_map  # the validator knows conditions by their `_lock`
        self._waiters: dict[Sleeper, bool] = {}  # in the order in which they came; a dictionary changes in one step
        self._wakeups = 0

    # Waiting

    def wait_event(self, condition: Condition) -> None:
        """Sleep until condition() is true."""
        self._wait(condition)

    def wait_event_timeout(self, condition: Condition, timeout: float) -> bool:
        """Sleep until condition() is true, for at most `timeout` seconds; return whether it is."""
        return self._wait(condition, max(0, timeout))

    def wait_event_interruptible(self, condition: Condition) -> None:
        """Like wait_event, but raise InterruptedError if a signal handler runs meanwhile. Compiled build only."""
        self._wait(condition, signals=True)

    def wait_event_interruptible_timeout(self, condition: Condition, timeout: float) -> bool:
        """Like wait_event_interruptible, for at most `timeout` seconds; return whether condition() is true."""
        return self._wait(condition, max(0, timeout), signals=True)

    def wait_event_killable(self, condition: Condition) -> None:
        """Like wait_event. A Python program is killed by an exception from a signal handler, which ends any wait."""
        self._wait(condition)

    def wait_event_exclusive(self, condition: Condition) -> None:
        """Like wait_event, where wake_up wakes only one of those that wait so (kernel: WQ_FLAG_EXCLUSIVE)."""
        self._wait(condition, exclusive=True)

    def wait_event_interruptible_exclusive(self, condition: Condition) -> None:
        """Like wait_event_exclusive, but raise InterruptedError if a signal handler runs meanwhile."""
        self._wait(condition, signals=True, exclusive=True)

    def wait_event_lock_irq(self, condition: Condition, lock: SpinLock) -> None:
        """Like wait_event, for a caller that holds `lock`, taken by lock_irq, under which the condition is looked at.

        The lock is free during the sleep, and held again afterwards (kernel: wait_event_lock_irq).
        """

        def look() -> object:
            with lock.irq():
                return condition()

        while not condition():
            lock.unlock_irq()
            try:
                self._wait(look)
            finally:
                lock.lock_irq()

    # Waking

    def wake_up(self, exclusive: int = 1) -> None:
        """Wake all threads, but of those that wait exclusively only so many, longest wait first (kernel: wake_up)."""
        self._tell()
        waiters = list(self._waiters)
        for sleeper in waiters:
            if not sleeper.exclusive:
                self._wake(sleeper)
        for sleeper in waiters:
            if exclusive > 0 and sleeper.exclusive:
                exclusive -= self._wake(sleeper)

    def wake_up_all(self) -> None:
        """Wake all threads (kernel: wake_up_all)."""
        self._tell()
        for sleeper in list(self._waiters):
            self._wake(sleeper)

    def active(self) -> bool:
        """Return whether anybody waits (kernel: waitqueue_active).

        As in the kernel, smp_mb() has to stand between the change of the condition and this look.
        """
        return bool(self._waiters)

    def statistics(self) -> WaitQueueStatistics:
        """Return the statistics at this moment."""
        return WaitQueueStatistics(len(self._waiters), self._wakeups)

    def _wake(self, sleeper: Sleeper) -> bool:
        if not self._take_out(sleeper):
            return False
        self._wakeups += 1
        sleeper.queue.give(1)
        return True

    def _take_out(self, sleeper: Sleeper) -> bool:
        return self._waiters.pop(sleeper, False)

    def _tell(self) -> None:
        if runtime.is_active():
            runtime.validator().signals(fastpath.thread_state(), self)

    def _wait(
        self, condition: Condition, timeout: float = FOREVER, *, signals: bool = False, exclusive: bool = False
    ) -> bool:
        assertions.might_sleep()
        if condition():
            return True
        self._judge(timed=timeout >= 0)
        sleeper, me = Sleeper(exclusive), get_ident()
        outer, done = _sleeping.get(me), False
        try:
            _sleeping[me] = sleeper.queue
            done = self._sleep(sleeper, condition, timeout, signals)
        except DeadlockError:
            runtime.validator().gave_up(fastpath.thread_state(), self)
            raise
        finally:
            if outer is None:
                _sleeping.pop(me, None)
            else:
                _sleeping[me] = outer
            if not self._take_out(sleeper) and exclusive and not done:
                self.wake_up()  # it was for another thread then
        return done

    def _sleep(self, sleeper: Sleeper, condition: Condition, timeout: float, signals: bool) -> bool:
        """Sleep until the condition holds; return False if it does not when the time is up."""
        deadline = time.monotonic() + timeout
        aim = WakeUp(self)
        self._waiters[sleeper] = True
        while not condition():
            left = deadline - time.monotonic() if timeout >= 0 else FOREVER
            if timeout >= 0 and left <= 0:
                return False
            sleep_on(sleeper.queue, aim, left, signals)
            if sleeper not in self._waiters:
                self._waiters[sleeper] = True
        return True

    def _judge(self, *, timed: bool) -> None:
        """Let the validator judge a wait under locks, before it begins."""
        state = fastpath.thread_state()
        if runtime.is_active() and state.chain.depth and not state.off:
            runtime.validator().waits_for(state, self, CONDITION, timed=timed)


def wake_thread(ident: int | None) -> None:
    """Let a thread that waits in a wait queue look at its condition once more (kernel: wake_up_process)."""
    queue = _sleeping.get(ident or 0)
    if queue is not None:
        queue.give(1)
