"""A lock that is made under the lock of its registry, and taken after that is released.

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


def check_all():
    with registry:
        for connection in connections:
            with connection.lock:
                pass


def close_first():
    connections[0].close()


side_by_side(connect, check_all, close_first)
