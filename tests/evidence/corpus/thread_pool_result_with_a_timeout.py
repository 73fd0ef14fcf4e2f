"""The same, under the lock, with a timeout.

grade: stall
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
with lock:
    result.get(60)
pool.close()
pool.join()
