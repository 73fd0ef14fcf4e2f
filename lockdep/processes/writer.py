"""The thread that writes the part of a process soon after something new was seen, so that a kill loses little.

It lives for half a second after the news, and there is none while there is nothing to write: a program may ask how many
threads there are, and Python warns of a fork of a process with threads. So it is hurried before a fork. What becomes
new while it ends is written after the next news, or at the end of the process.
"""

from __future__ import annotations

import _thread
from collections.abc import Callable
from time import monotonic

from lockdep import fastpath

DELAY = 0.5  # seconds from the news to the writing
SHARE = 4  # the pause after a long write is so many times as long: the program keeps most of the time
SECONDS = 5.0  # how long a fork, or the end of the process, waits for the thread


class Writer:
    """Calls `write` in a thread `delay` seconds after `news`."""

    def __init__(self, write: Callable[[], object], delay: float = DELAY) -> None:
        self._write = write
        self._delay = self._pause = delay
        self._wanted = False
        self._wake = _thread.allocate_lock()  # held while the thread sleeps
        self._done = _thread.allocate_lock()  # held while there is a thread

    def news(self) -> None:
        """Have what is new written soon. Cost: starting a thread, at most twice a second."""
        self._wanted = True
        if not self._done.acquire(blocking=False):
            return
        self._wake = _thread.allocate_lock()
        self._wake.acquire()
        try:
            _thread.start_new_thread(self._run, (self._wake,))
        except RuntimeError:  # no thread can be started: what is new is written at the end
            self._done.release()

    def finish(self) -> None:
        """Have it written now, if there is something to write, and wait for that, for SECONDS at most."""
        if not self._done.acquire(blocking=False):
            if self._wake.locked():
                self._wake.release()
            if not self._done.acquire(timeout=SECONDS):
                return
        self._done.release()

    def _run(self, wake: _thread.LockType) -> None:
        state = fastpath.thread_state()
        state.off = 1  # its locks are not tracked
        state.mark()
        hurried = False
        try:
            while self._wanted and not hurried:
                hurried = wake.acquire(timeout=self._pause)
                self._wanted = False
                began = monotonic()
                self._write()
                self._pause = max(self._delay, SHARE * (monotonic() - began))
        finally:
            self._done.release()
