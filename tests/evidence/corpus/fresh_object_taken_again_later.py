"""A lock that is made under the lock of its registry, and later taken under it.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

registry = threading.Lock()
connections = []


class Connection:
    def __init__(self):
        self.lock = threading.Lock()

    def close(self):
        with self.lock, registry:
            pass


def connect():
    with registry:
        connections.append(Connection())
        with connections[-1].lock:
            pass


def close_first():
    connections[0].close()


def check_all():
    with registry:
        for connection in connections:
            with connection.lock:
                pass


side_by_side(connect, connect, check_all, close_first)
