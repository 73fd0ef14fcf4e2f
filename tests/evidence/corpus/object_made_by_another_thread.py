"""A lock that another thread has made.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

registry = threading.Lock()
made = []


class Connection:
    def __init__(self):
        self.lock = threading.Lock()


def make():
    made.append(Connection())


def enter():
    with registry, made[0].lock:
        pass


def close():
    with made[0].lock, registry:
        pass


side_by_side(make, enter, close)
