"""The registry is released after the lock is made, while another lock is held on.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

outer, registry = threading.Lock(), threading.Lock()
connections = []


class Connection:
    def __init__(self):
        self.lock = threading.Lock()


def connect():
    with outer:
        with registry:
            connections.append(Connection())
        with registry, connections[0].lock:
            pass


def close():
    with connections[0].lock, registry:
        pass


side_by_side(connect, close)
