"""The corrected version of examples/06_logging_callback.py: the program logs after it has released its lock."""

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
            times = self._counts[name]
        if times % 2 == 0:
            log.warning("%s happened %d times", name, times)


class CountingHandler(logging.Handler):
    """Prints each record, and counts it."""

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
