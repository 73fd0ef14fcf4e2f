"""A thread is joined under a lock that it takes with a timeout.

grade: stall
because: timeout
"""

import threading

from tests.evidence.unseen import Signal

lock = threading.Lock()
tried = Signal()


def work():
    if lock.acquire(timeout=60):
        lock.release()
    tried.set()


thread = threading.Thread(target=work)
thread.start()
tried.wait()
with lock:
    thread.join()
