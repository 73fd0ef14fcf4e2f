"""Findings as structured log events (structlog), written by a thread of its own.

A thread causes a finding in the middle of an acquisition, while it may hold any locks, even that of a log handler. It
only puts the finding into a queue, and the logger runs in another thread. What is in the queue is written at the latest
when logging ends or the interpreter exits.
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

FLUSH_SECONDS = 2.0  # how long flush waits at most


def log_findings(logger: Any = None) -> Callable[[], None]:
    """Log each finding from now on; return a function that ends this.

    `logger` is a structlog logger; None stands for structlog.get_logger("lockdep"). The event is the finding's title,
    with the fields slug, id, classes, grade and reason. Findings of level error are logged as errors, others as
    warnings.
    """
    if logger is None:
        import structlog  # imported here, since no import may happen where findings are made

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
    """A queue of findings and the thread that writes them. A forked child makes its own queue and thread."""

    def __init__(self, logger: Any) -> None:
        self._logger = logger
        self._start()

    def put(self, finding: Finding) -> None:
        """Queue a finding, as it is now. The queue takes no lock, so this works in signal handlers and finalizers."""
        if self._process != os.getpid():
            self._start()
        self._queue.put((finding, finding.level, finding.grade, finding.reason))

    def flush(self) -> None:
        """Wait until the findings so far are written, for two seconds at most."""
        if self._process == os.getpid():
            done = _thread.allocate_lock()
            done.acquire()
            self._queue.put(done)
            done.acquire(timeout=FLUSH_SECONDS)

    def close(self) -> None:
        """Wait as flush does, then end the thread."""
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
