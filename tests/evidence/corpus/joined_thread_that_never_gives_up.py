"""A thread is joined under a lock that it takes with a timeout, again and again.

grade: potential
"""

import threading

from tests.evidence.unseen import Signal

lock = threading.Lock()
tried = Signal()


def work():
    while not lock.acquire(timeout=60):
        pass
    lock.release()
    tried.set()


thread = threading.Thread(target=work)
thread.start()
tried.wait()
with lock:
    thread.join()
