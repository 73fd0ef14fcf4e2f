"""A result is asked for under the lock, once it was said to be ready.

grade: none
"""

import threading
from multiprocessing.pool import ThreadPool

from tests.evidence.unseen import Signal

lock = threading.Lock()
pool = ThreadPool(2)
done = Signal()


def work():
    with lock:
        pass
    done.set()


result = pool.apply_async(work)
done.wait()
while not result.ready():
    pass
with lock:
    result.get()
pool.close()
pool.join()
