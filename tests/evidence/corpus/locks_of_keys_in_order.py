"""Locks are made for keys, once each, and are taken in the order of the keys.

grade: none
"""

import threading

from tests.evidence.unseen import side_by_side

locks = {}
guard = threading.Lock()


def lock_of(key):
    with guard:
        return locks.setdefault(key, threading.Lock())


def update(*keys):
    first, second = map(lock_of, sorted(keys))
    with first, second:
        pass


side_by_side(lambda: update("x", "y"), lambda: update("y", "x"))
