"""A method takes a plain Lock and calls another method that takes it again: the thread waits for itself,
for ever.

    lockdep run examples/03_recursion.py

lockdep reports "possible recursive locking detected" before the thread blocks, with the place of
both acquisitions and the grade "certain". The worker is a daemon thread, and the program gives up
on it after a second, so that this example ends; the exit status is 66. Two corrections are
possible: an RLock, or a method for callers that already hold the lock.
"""

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
        with self._lock:
            self._items.pop(next(iter(self._items)))


cache = Cache(limit=2)


def fill():
    for number in range(3):
        cache.put(number, str(number))


worker = threading.Thread(target=fill, name="filler", daemon=True)
worker.start()
worker.join(timeout=1)
print("the worker is", "stuck" if worker.is_alive() else "done")
