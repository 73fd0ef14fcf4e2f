"""A result is asked for under the lock that the work item has taken.

grade: potential
because: held by the waiter
"""

import threading
from concurrent.futures import ThreadPoolExecutor

lock = threading.Lock()
pool = ThreadPoolExecutor(1)


def work():
    with lock:
        pass


future = pool.submit(work)
pool.submit(int).result()
with lock:
    future.result()
pool.shutdown()
