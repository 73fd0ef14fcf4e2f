"""Each thread has a lock of its own, in both orders with a shared one.

grade: excused
because: confinement
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
side_by_side(*[worker.work for worker in workers])
