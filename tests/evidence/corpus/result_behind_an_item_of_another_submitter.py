"""A result is asked for under a lock that the only worker of the pool takes for another thread, later.

grade: potential
"""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.evidence.unseen import side_by_side

lock = threading.Lock()
pool = ThreadPoolExecutor(1)


def takes():
    with lock:
        pass


def waits():
    with lock:
        pool.submit(int).result()


side_by_side(waits, lambda: pool.submit(takes).result())
pool.shutdown()
