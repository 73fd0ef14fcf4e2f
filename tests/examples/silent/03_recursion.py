"""The corrected version of examples/03_recursion.py: shrink() is for callers that hold the lock."""

import threading


class Cache:
    """A dictionary with a limited number of items."""

    def __init__(self, limit):
        self._lock = threading.Lock()
        self._items = {}
        self._limit = limit

    def put(self, key, value):
        with self._lock:
            self._items[key] = value
            if len(self._items) > self._limit:
                self.shrink()

    def shrink(self):
        """Drop the oldest item; the caller holds the lock."""
        self._items.pop(next(iter(self._items)))


cache = Cache(limit=2)


def fill():
    for number in range(3):
        cache.put(number, str(number))


worker = threading.Thread(target=fill, name="filler", daemon=True)
worker.start()
worker.join()
print("the worker is", "stuck" if worker.is_alive() else "done")
