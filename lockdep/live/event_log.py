"""Findings as structured log events (structlog), written by a thread of its own.

A finding is made in the midst of an acquisition, with any locks held, perhaps that of a log handler. So whoever makes
it only puts it into a queue: nothing of the logger runs in that thread, inside the validator or under its locks. What
was queued is written at the latest at interpreter exit, or when logging ends.
"""

from __future__ import annotations

import _thread
import atexit
import os
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from lockdep import runtime
from lockdep.violations.finding import Finding

FLUSH_SECONDS = 2.0


def log_findings(logger: Any = None) -> Callable[[], None]:
    """Log each finding from now on, to `logger` or structlog's own; return a function that ends this.

    The event is the finding's title; slug, id, classes, grade and reason are its fields. Errors are logged as errors,
    warnings as warnings.
    """
    if logger is None:
        import structlog  # here: no import may happen where findings are made

        logger = structlog.get_logger("lockdep")
    events = EventLog(logger)
    undo = runtime.on_finding(events.put)
    atexit.register(events.flush)

    def end() -> None:
        undo()
        events.close()
        atexit.unregister(events.flush)

    return end


class EventLog:
    """A queue of findings, and the thread that writes them; after a fork the child has its own of both."""

    def __init__(self, logger: Any) -> None:
        self._logger = logger
        self._start()

    def put(self, finding: Finding) -> None:
        """Have a finding written as it is now. Takes no lock that a signal handler or finalizer could find taken."""
        if self._process != os.getpid():
            self._start()
        self._queue.put((finding, finding.level, finding.grade, finding.reason))

    def flush(self) -> None:
        """Wait until what was put so far is written, or for two seconds."""
        if self._process == os.getpid():
            done = _thread.allocate_lock()
            done.acquire()
            self._queue.put(done)
            done.acquire(timeout=FLUSH_SECONDS)

    def close(self) -> None:
        """Write what was put so far, then end the thread."""
        self.flush()
        self._queue.put(None)

    def _start(self) -> None:
        self._process = os.getpid()
        self._queue: SimpleQueue[Any] = SimpleQueue()
        _thread.start_new_thread(self._serve, (self._queue,))

    def _serve(self, queue: SimpleQueue[Any]) -> None:
        while (item := queue.get()) is not None:
            if isinstance(item, tuple):
                self._write(*item)
            else:
                item.release()

    def _write(self, finding: Finding, level: str, grade: str, reason: str) -> None:
        try:
            log = self._logger.error if level == "error" else self._logger.warning
            log(finding.title, slug=finding.slug, id=finding.id, classes=finding.classes, grade=grade, reason=reason)
        except Exception as error:
            runtime.write_note(f"a finding could not be logged: {error!r}")
