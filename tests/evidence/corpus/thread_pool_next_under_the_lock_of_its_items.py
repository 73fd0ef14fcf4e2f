"""The next result of several is asked for under a lock that the work items have taken.

grade: potential
because: held by the waiter
"""

import threading
from multiprocessing.pool import ThreadPool

from tests.evidence.unseen import Signal

lock = threading.Lock()
pool = ThreadPool(2)
done = Signal()


def work(_number):
    with lock:
        pass
    done.set()


result = pool.imap_unordered(work, range(1))
done.wait()
with lock:
    list(result)
pool.close()
pool.join()
