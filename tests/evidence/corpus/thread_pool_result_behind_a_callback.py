"""A result is asked for under a lock that the callback of another result takes, in the same thread.

grade: potential
"""

import threading
from multiprocessing.pool import ThreadPool

from tests.evidence.unseen import Signal

lock = threading.Lock()
called = Signal()
pool = ThreadPool(2)


def call_back(_value):
    with lock:
        pass
    called.set()


pool.apply_async(int, callback=call_back)
called.wait()
with lock:
    pool.apply(int)
pool.close()
pool.join()
