"""Locks are made for keys, once each, and are taken as the keys come.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

locks = {}
guard = threading.Lock()


def lock_of(key):
    with guard:
        return locks.setdefault(key, threading.Lock())


def update(*keys):
    with lock_of(keys[0]), lock_of(keys[1]):
        pass


side_by_side(lambda: update("x", "y"), lambda: update("y", "x"))
