"""A thread is started with the object that was just made, before its lock is taken under the lock of all.

grade: feasible
"""

import threading

from tests.evidence.unseen import Signal

everything = threading.Lock()
submitted = Signal()


class Job:
    def __init__(self):
        self.lock = threading.Lock()

    def run(self):
        submitted.wait()
        with self.lock, everything:
            pass


with everything:
    job = Job()
    thread = threading.Thread(target=job.run)
    thread.start()
    with job.lock:
        pass
submitted.set()
thread.join()
