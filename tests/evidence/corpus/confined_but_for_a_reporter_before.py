"""The same; the other one has looked before.

grade: potential
"""

import threading

from tests.evidence.unseen import side_by_side

shared = threading.Lock()


class Worker:
    def __init__(self):
        self.lock = threading.Lock()

    def work(self):
        with self.lock, shared:
            pass
        with shared, self.lock:
            pass


workers = [Worker() for _ in range(3)]


def report():
    for worker in workers:
        with worker.lock:
            pass


side_by_side(report, *[worker.work for worker in workers])
