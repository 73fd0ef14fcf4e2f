"""A result of a ThreadPool is asked for under a lock that the work item has taken.

grade: potential
because: held by the waiter
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
    result.get()
pool.close()
pool.join()
