"""Assertions that do not hold: about a lock, and about the context."""

import threading

import lockdep


class Cache:
    def __init__(self):
        self.lock = threading.Lock()
        self.entries = {}

    def drop_all(self):
        lockdep.assert_held(self.lock)
        self.entries.clear()


def start_transfer():
    lockdep.assert_irqs_disabled()


cache = Cache()
with cache.lock:
    cache.drop_all()
cache.drop_all()
start_transfer()
