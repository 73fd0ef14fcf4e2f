"""One thread takes the locks of all: no confinement, only one thread.

grade: potential
because: all in one thread
"""

import threading

shared = threading.Lock()


class Worker:
    def __init__(self):
        self.lock = threading.Lock()

    def work(self):
        with self.lock, shared:
            pass
        with shared, self.lock:
            pass


for worker in [Worker() for _ in range(3)]:
    worker.work()
