"""Callbacks that run after a grace period, in order, on a thread of their own (kernel: call_rcu's kthreads).

Adding one takes no lock and never waits: finalizers and signal handlers may. The thread is started by the first
callback, it is a daemon, and what has not run when the interpreter exits never runs. In a child of a fork the queue
lives on, without the callback that was running, and a new thread is started when the next one is added.

A callback runs in ordinary code: it may sleep, and then the others wait. Unlike the kernel's it is no softirq handler.
"""

from __future__ import annotations

import _thread
import os
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from lockdep.annotations import LockMap
from primitives._grace import Sleep
from primitives._report import hopeless

_queues: weakref.WeakSet[CallbackQueue] = weakref.WeakSet()
_finalizing = sys.is_finalizing


class CallbackQueue:
    """Callbacks of one RCU or SRCU domain. `wait` is its grace period.

    Invariant: whoever holds the one token of `_idle` may start the thread; while the thread lives nobody holds it.
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
        self._work: Sleep = SimpleQueue()

    def add(self, callback: Callable[..., object], *arguments: Any) -> None:
        """Have the callback called after a grace period."""
        self._waiting.append((callback, arguments))
        self._work.put(None)
        if self._idle:
            self._start()

    def barrier(self, caller: str) -> None:
        """Wait until all callbacks that were added before have run."""
        if _thread.get_ident() == self._thread:
            hopeless(f"{caller} called by a callback", "the callback waits for itself", self._map.entry.lock_class)
        self._map.sync()
        if self._idle and not self._waiting:
            return
        done: Sleep = SimpleQueue()
        self.add(done.put, None)
        if not _finalizing():
            done.get()

    def pending(self) -> int:
        """Return how many callbacks wait for their grace period."""
        return len(self._waiting)

    def _start(self) -> None:
        try:
            token = self._idle.pop()
        except IndexError:  # somebody else is starting it
            return
        try:
            _thread.start_new_thread(self._run, ())
        except RuntimeError:  # no new threads at interpreter exit
            self._idle.append(token)

    def _run(self) -> None:
        self._thread = _thread.get_ident()
        threading.current_thread().name = f"{self.name} callbacks"
        while True:
            self._work.get()
            while batch := len(self._waiting):
                self._wait()
                for _ in range(batch):
                    self._call(*self._waiting.popleft())

    def _call(self, callback: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self._map.acquire()
        try:
            callback(*arguments)
        except BaseException as error:  # also SystemExit: the others must have their turn
            details = (type(error), error, error.__traceback__, threading.current_thread())
            threading.excepthook(threading.ExceptHookArgs(details))
        finally:
            self._map.release()


def _in_child() -> None:
    for queue in list(_queues):
        queue._reset()
        if queue._waiting:
            queue._work.put(None)


os.register_at_fork(after_in_child=_in_child)
