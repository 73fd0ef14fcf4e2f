"""A lock that is made, and first taken, under the lock of its registry.

grade: excused
because: fresh object
"""

import threading

from tests.evidence.unseen import side_by_side

registry = threading.Lock()


class Connection:
    def __init__(self):
        self.lock = threading.Lock()

    def close(self):
        with self.lock, registry:
            pass


def connect():
    with registry:
        connection = Connection()
        with connection.lock:
            pass
    return connection


def connect_and_close():
    connect().close()


side_by_side(connect_and_close, connect_and_close)
