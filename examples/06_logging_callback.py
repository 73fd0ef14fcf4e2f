"""A logging handler that calls back into the program: logging holds the handler's lock while it does so.

    lockdep run examples/06_logging_callback.py

lockdep reports a cycle between Metrics._lock and the lock of the handler, which logging made: the
program logs while it holds its own lock, and emit() takes that lock while logging holds the
handler's. Neither half of the cycle is visible in the file of the other. The exit status is 66.
The correction is not to log under a lock that a handler may need.
"""

import logging
import threading


class Metrics:
    """Counts events and logs every second one of a kind."""

    def __init__(self):
        self._lock = threading.RLock()
        self._counts = {}

    def count(self, name):
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + 1
            if self._counts[name] % 2 == 0:
                log.warning("%s happened %d times", name, self._counts[name])


class CountingHandler(logging.Handler):
    """Prints and counts each record."""

    def emit(self, record):
        print(record.getMessage())
        metrics.count(record.levelname)


log = logging.getLogger("example")
log.addHandler(CountingHandler())
log.propagate = False
metrics = Metrics()

log.warning("hello")
metrics.count("request")
metrics.count("request")
