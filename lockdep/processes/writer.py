"""The thread that writes the part of a process soon after something new was seen, so that a kill loses little.

It lives for half a second after the news, and there is none while there is nothing to write: a program may ask how many
threads there are, and Python warns of a fork of a process with threads. So it is hurried before a fork. What becomes
new while it ends is written after the next news, or at the end of the process.

Free-threaded 3.13 makes all functions, types and modules immortal when the first thread starts. What the modules of the
program refer to is then finalized late, when their names are gone, or not at all. So a program that has started no
thread gets none of ours there, and what it sees is written at its end.
"""

from __future__ import annotations

import _thread
import sys
from collections.abc import Callable
from os import F_OK, access
from time import monotonic, sleep

from lockdep import fastpath
from lockdep.imports import own_imports

DELAY = 0.5  # seconds from the news to the writing
SHARE = 4  # the pause after a long write is so many times as long: the program keeps most of the time
SECONDS = 5.0  # how long a fork, or the end of the process, waits for the thread
TASKS = "/proc/self/task"  # where Linux has the threads that Python counts before it warns of a fork
LOOK = 0.0002  # seconds between two looks whether the thread is still there
LOOKS = 5000
FIRST_THREAD_COUNTS = sys.version_info[:2] == (3, 13) and "t" in getattr(sys, "abiflags", "")
IMMORTAL = 0xFFFFFFFF  # what such an object has for a reference count


class Writer:
    """Calls `write` in a thread `delay` seconds after `news`."""

    def __init__(self, write: Callable[[], object], delay: float = DELAY) -> None:
        self._write = write
        self._delay = self._pause = delay
        self._wanted = False
        self._task = 0  # the number by which the system knows the thread
        self._wake = _thread.allocate_lock()  # held while the thread sleeps
        self._done = _thread.allocate_lock()  # held while there is a thread

    def news(self) -> None:
        """Have what is new written soon. Cost: starting a thread, at most twice a second."""
        self._wanted = True
        if not may_start() or not self._done.acquire(blocking=False):
            return
        self._wake = _thread.allocate_lock()
        self._wake.acquire()
        fastpath.watch_next_fork()
        try:
            _thread.start_new_thread(self._run, (self._wake,))
        except RuntimeError:  # no thread can be started: what is new is written at the end
            self._done.release()

    def finish(self) -> None:
        """Have it written now, if there is something to write, and wait for that and for the thread's end.

        It takes SECONDS at most, and LOOKS * LOOK more if the thread has written but does not end.
        """
        if not self._done.acquire(blocking=False):
            if self._wake.locked():
                self._wake.release()
            if not self._done.acquire(timeout=SECONDS):
                return
        task, self._task = self._task, 0
        self._done.release()
        if task and task != _thread.get_native_id():  # a greenlet is no thread of its own
            wait_for_end(task)

    def _run(self, wake: _thread.LockType) -> None:
        state = fastpath.thread_state()
        state.off = 1  # its locks are not tracked
        state.mark()
        self._task = _thread.get_native_id()
        hurried = False
        try:
            while self._wanted and not hurried:
                hurried = wake.acquire(timeout=self._pause)
                self._wanted = False
                began = monotonic()
                with own_imports():
                    self._write()
                self._pause = max(self._delay, SHARE * (monotonic() - began))
        finally:
            self._done.release()


def may_start() -> bool:
    """Return whether the program stays the same with one thread more: see above."""
    return not FIRST_THREAD_COUNTS or sys.getrefcount(may_start) >= IMMORTAL


def wait_for_end(task: int) -> None:
    """Wait until the system does not count this thread any more: it is there some time after its last line."""
    path = f"{TASKS}/{task}"
    for _ in range(LOOKS):
        if not access(path, F_OK):
            break
        sleep(LOOK)
