"""KThread: a thread that runs until it is told to stop (kernel: kernel/kthread.c).

    def poll(device):
        while not kthread_should_stop():
            device.poll()
        return device.polls

    poller = kthread_run(poll, device, "poller")
    polls = kthread_stop(poller)               tells it to stop, waits for its end, and returns its result

`kthread_stop` wakes the thread if it waits in a wait queue: `wq.wait_event(lambda: work or kthread_should_stop())`.

Whoever stops a thread under a lock that the thread takes between two looks at kthread_should_stop() is reported before
it happens: to the validator the thread is held from one look to the next, and waited for by kthread_stop. DeadlockError
if a thread stops itself. They are daemon threads; after a fork the child has none of them.

A thread can be parked meanwhile. It looks for that, too, and `kthread_park` waits for it as `kthread_stop` does:

    while not kthread_should_stop():
        if kthread_should_park():
            kthread_parkme()                   sleeps until kthread_unpark, or kthread_stop
"""

from __future__ import annotations

import _thread
import threading
import weakref
from collections import deque
from collections.abc import Callable
from errno import EBUSY, ENOSYS
from typing import Any

from lockdep import assertions, fastpath
from lockdep.fastpath import DepMap
from lockdep.forks import at_fork
from lockdep.wait_types import INV, Traits
from primitives._errand import Errand
from primitives._park import ParkRequest
from primitives._report import hopeless, misused
from primitives.waitqueue import wake_thread

__all__ = [
    "KThread", "kthread_park", "kthread_parkme", "kthread_run", "kthread_should_park", "kthread_should_stop",
    "kthread_stop", "kthread_unpark", "wake_up_process",
]  # fmt: skip

_local = _thread._local()
PARK = "park"
_running: weakref.WeakSet[KThread] = weakref.WeakSet()


class KThread:
    """Calls function(data) in a thread of its own, named `name`, which `run` starts."""

    traits: Traits = Traits(inner=INV, by_instance=True)

    def __init__(self, function: Callable[[Any], Any], data: Any = None, name: str | None = None) -> None:
        self.dep_map: DepMap = DepMap(None, type(self))
        self._function = function
        self._data = data
        self._errand = Errand(self.dep_map)
        self._stop = False
        self._park: dict[str, ParkRequest] = {}  # at most one, under PARK: setdefault and pop are atomic
        self._unstarted = deque([None])  # who pops it starts the thread, or sees to it that it never starts
        self._result: Any = None
        self.thread: threading.Thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start it. RuntimeError if it was started before, or stopped."""
        if not self._begins():
            raise RuntimeError("a thread is started once")
        _running.add(self)
        self.thread.start()

    def _begins(self) -> bool:
        try:
            self._unstarted.pop()
        except IndexError:
            return False
        return True

    def should_stop(self) -> bool:
        """Return whether it was told to stop."""
        return self._stop

    def stop(self) -> Any:
        """Tell it to stop, wait for its end, and return the result of its function; None if that has raised.

        It sleeps. DeadlockError in the thread itself.
        """
        assertions.might_sleep()
        if self._errand.is_mine():
            hopeless("kthread_stop() called by the thread itself", "return from its function", *self._classes())
        self.dep_map.sync()
        self._stop = True
        if self._begins():  # it was never started, and never will be
            self._errand.end()
        self.unpark()
        wake_thread(self.thread.ident)
        self._errand.wait()
        return self._result

    def park(self) -> int:
        """Ask it to park, and wait until it does; the thread itself does not wait (kernel: kthread_park).

        Returns 0, -ENOSYS if it was told to stop or has ended, or -EBUSY, after a report, if it was asked already. One
        that was not started is started, and parks before it calls its function. It sleeps.
        """
        mine = self._errand.is_mine()
        if not mine:
            assertions.might_sleep()
            self.dep_map.sync()
        request = ParkRequest(self._errand, self.dep_map)
        if self._park.setdefault(PARK, request) is not request:
            misused("kthread_park() of a thread that was asked to park", "unpark it first", *self._classes())
            return -EBUSY
        if self._stop or self._errand.ended:  # the same order as in stop() and _run(): one of the two unparks it
            self.unpark()
        if mine:
            return 0
        self.wake()
        request.way.wait()
        return 0 if request.parked else -ENOSYS

    def unpark(self) -> None:
        """Let it go on if it is parked; take the request back if it is not yet (kernel: kthread_unpark)."""
        request = self._park.pop(PARK, None)
        if request is not None:
            request.end()

    def should_park(self) -> bool:
        """Return whether it was asked to park."""
        return PARK in self._park

    def parkme(self) -> None:
        """Sleep for as long as it is asked to park; the thread itself calls this. What was validated until now is over,
        as in look().
        """
        assertions.might_sleep()
        while (request := self._park.get(PARK)) is not None:
            alone = self._is_alone()
            if alone:
                self.dep_map.release()
            try:
                request.park()
            finally:
                if alone:
                    self.dep_map.hold()

    def wake(self) -> None:
        """Let it look at its condition once more, if it waits in a wait queue; start it if it was not started.

        Kernel: wake_up_process.
        """
        if self._begins():
            _running.add(self)
            self.thread.start()
        wake_thread(self.thread.ident)

    def look(self) -> bool:
        """Return whether it was told to stop; the thread itself asks. What was validated until now is over.

        Nothing is over while it holds locks: they are held from one look to the next.
        """
        if self._is_alone():
            self.dep_map.release()
            self.dep_map.hold()
        return self._stop

    def _is_alone(self) -> bool:
        """Return whether its thread holds nothing but itself."""
        return fastpath.thread_state().chain.depth == 1 and self.dep_map.is_held() == 1

    def _run(self) -> None:
        _local.thread = self
        self._errand.begin()
        try:
            self.dep_map.hold()
            try:
                self.parkme()
                self._result = self._function(self._data)
            finally:
                self.dep_map.release()
        finally:
            self._errand.end()
            self.unpark()

    def _classes(self) -> tuple[Any, ...]:
        lock_class = self.dep_map.entry.lock_class
        return () if lock_class is None else (lock_class,)


def kthread_run(function: Callable[[Any], Any], data: Any = None, name: str | None = None) -> KThread:
    """Start a thread that calls function(data) (kernel: kthread_run). It sleeps until the thread runs."""
    assertions.might_sleep()
    thread = KThread(function, data, name)
    thread.start()
    return thread


def kthread_should_stop() -> bool:
    """Return whether this thread, which kthread_run has started, was told to stop. RuntimeError in other threads."""
    return _current("kthread_should_stop").look()


def kthread_should_park() -> bool:
    """Return whether this thread was asked to park (kernel: kthread_should_park). RuntimeError in other threads."""
    thread = _current("kthread_should_park")
    thread.look()
    return thread.should_park()


def kthread_parkme() -> None:
    """Sleep for as long as this thread is asked to park (kernel: kthread_parkme). RuntimeError in other threads."""
    _current("kthread_parkme").parkme()


def _current(caller: str) -> KThread:
    thread: KThread | None = getattr(_local, "thread", None)
    if thread is None:
        raise RuntimeError(f"{caller}() in a thread that kthread_run has not started")
    return thread


def kthread_park(thread: KThread) -> int:
    """Ask a thread to park, and wait until it does; return what KThread.park returns (kernel: kthread_park)."""
    return thread.park()


def kthread_unpark(thread: KThread) -> None:
    """Let a parked thread go on (kernel: kthread_unpark)."""
    thread.unpark()


def kthread_stop(thread: KThread) -> Any:
    """Tell a thread to stop, wait for its end, and return the result of its function (kernel: kthread_stop)."""
    return thread.stop()


def wake_up_process(thread: KThread) -> None:
    """Let a thread look at its condition once more, or start it, if it was only created (kernel: wake_up_process)."""
    thread.wake()


def _in_child() -> None:
    for thread in list(_running):
        if not thread._errand.is_mine():
            thread._errand.end()
            thread.unpark()


at_fork(after_in_child=_in_child)
