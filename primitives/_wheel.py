"""The thread on which timers expire, in softirq context (kernel: run_timer_softirq).

One daemon thread, started by the first timer, serves all of them in the order of their times. To set one takes no lock
and never waits, so finalizers, signal handlers and simulated handlers may do it. Nothing is taken out when it is
cancelled: its action has to see that. What is cancelled is dropped when it is due, or when there is twice as much as
was wanted at the last time, so a timer that is set again and again takes no memory for each. In the child of a fork
what was set still expires.

Cost: some 2 us to set one; the thread wakes once for each.
"""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable
from itertools import count
from queue import Empty, SimpleQueue

from lockdep.forks import at_fork
from primitives._daemons import start
from primitives._delivery import as_softirq, deliver
from primitives._errand import Errand
from primitives._grace import WakeQueue

LONGEST = 3600.0  # seconds of one sleep
FEW = 1000  # entries that are kept whatever they are
Due = tuple[float, int, Errand, Callable[[], object]]


class Wheel:
    """What is due at which time of the monotonic clock. Only its thread touches `_heap`.

    Invariant: `_idle` holds one token while there is no thread. Who takes the token may start it.
    """

    def __init__(self) -> None:
        self._heap: list[Due] = []
        self._limit = FEW  # of entries, beyond which those that are over are dropped
        self._set: deque[Due] = deque()
        self._numbers = count()
        self.reset()

    def reset(self) -> None:
        """Begin without a thread, as in the child of a fork."""
        self._idle = deque([None])
        self._wake: WakeQueue = SimpleQueue()
        if self._heap or self._set:
            self._wake.put(None)
            self._start()

    def at(self, when: float, errand: Errand, action: Callable[[], object]) -> None:
        """Call action() on the thread, in softirq context, once the monotonic clock has reached `when` seconds.

        It need not be called if the errand is over then.
        """
        self._set.append((when, next(self._numbers), errand, action))
        self._wake.put(None)
        if self._idle:
            self._start()

    def _start(self) -> None:
        try:
            token = self._idle.pop()
        except IndexError:  # another thread is starting it
            return
        if not start(self._run, "timers"):
            self._idle.append(token)

    def _run(self) -> None:
        while True:
            self._sleep()
            while self._set:
                heapq.heappush(self._heap, self._set.popleft())
            if len(self._heap) > self._limit:
                self._drop()
            if self._heap and self._heap[0][0] <= time.monotonic():
                as_softirq(self._expire)
                deliver()  # what the functions have raised

    def _sleep(self) -> None:
        timeout = LONGEST
        if self._heap:
            timeout = min(LONGEST, max(0.0, self._heap[0][0] - time.monotonic()))
        try:
            self._wake.get(timeout=timeout)
        except Empty:
            pass

    def _expire(self) -> None:
        while self._heap and self._heap[0][0] <= time.monotonic():
            heapq.heappop(self._heap)[3]()

    def _drop(self) -> None:
        self._heap = [due for due in self._heap if not due[2].ended]
        heapq.heapify(self._heap)
        self._limit = max(FEW, 2 * len(self._heap))


wheel = Wheel()
at_fork(after_in_child=wheel.reset)
