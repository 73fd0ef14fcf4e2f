"""Callbacks that run in order after a grace period, on a thread of their own (kernel: call_rcu's kthreads).

Adding a callback takes no lock and never waits, so finalizers and signal handlers may do it. The first callback starts
the thread. It is a daemon thread: callbacks that have not run when the interpreter exits never run. In the child of a
fork the queue survives, without the callback that was running, and the next callback that is added starts a new thread.

A callback runs in ordinary task context: it may sleep, which delays the others. In the kernel it is a softirq handler.
"""

from __future__ import annotations

import _thread
import sys
import weakref
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from lockdep.annotations import LockMap
from lockdep.forks import at_fork
from primitives._daemons import call, start
from primitives._grace import WakeQueue
from primitives._report import hopeless

_queues: weakref.WeakSet[CallbackQueue] = weakref.WeakSet()
_finalizing = sys.is_finalizing


class CallbackQueue:
    """The callbacks of one RCU or SRCU domain. `wait` waits for a grace period of that domain.

    Invariant: `_idle` holds one token while the thread is not running. The thread that takes the token may start it.
    """

    def __init__(self, name: str, wait: Callable[[], None]) -> None:
        self.name = name
        self._wait = wait
        self._waiting: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._map = LockMap(f"{name}_callback")
        self._reset()
        _queues.add(self)

    def _reset(self) -> None:
        self._idle = deque([None])
        self._thread = 0
        self._work: WakeQueue = SimpleQueue()

    def add(self, callback: Callable[..., object], *arguments: Any) -> None:
        """Call callback(*arguments) after a grace period. Never waits."""
        self._waiting.append((callback, arguments))
        self._work.put(None)
        if self._idle:
            self._start()

    def barrier(self, caller: str) -> None:
        """Wait until all callbacks added before have run. DeadlockError if `caller` is called by such a callback."""
        if _thread.get_ident() == self._thread:
            hopeless(f"{caller} called by a callback", "the callback waits for itself", self._map.entry.lock_class)
        self._map.sync()
        if self._idle and not self._waiting:
            return
        done: WakeQueue = SimpleQueue()
        self.add(done.put, None)
        if not _finalizing():
            done.get()

    def pending(self) -> int:
        """Return how many callbacks wait for their grace period."""
        return len(self._waiting)

    def _start(self) -> None:
        try:
            token = self._idle.pop()
        except IndexError:  # another thread is starting it
            return
        if not start(self._run, f"{self.name} callbacks"):
            self._idle.append(token)

    def _run(self) -> None:
        self._thread = _thread.get_ident()
        while True:
            self._work.get()
            while batch := len(self._waiting):
                self._wait()
                for _ in range(batch):
                    self._call(*self._waiting.popleft())

    def _call(self, callback: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self._map.acquire()
        try:
            call(callback, *arguments)
        finally:
            self._map.release()


def _in_child() -> None:
    for queue in list(_queues):
        queue._reset()
        if queue._waiting:
            queue._work.put(None)


at_fork(after_in_child=_in_child)
