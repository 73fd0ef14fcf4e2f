"""The object that was just made is put into a queue, before its lock is taken under the lock of all.

grade: feasible
"""

import queue
import threading

from tests.evidence.unseen import Signal

everything = threading.Lock()
submitted = Signal()
jobs = queue.Queue()


class Job:
    def __init__(self):
        self.lock = threading.Lock()


def work():
    job = jobs.get()
    submitted.wait()
    with job.lock, everything:
        pass


thread = threading.Thread(target=work)
thread.start()
with everything:
    job = Job()
    jobs.put(job)
    with job.lock:
        pass
submitted.set()
thread.join()
