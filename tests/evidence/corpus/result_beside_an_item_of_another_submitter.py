"""The same, where the pool has a second worker for the result.

grade: none
"""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.evidence.unseen import side_by_side

lock = threading.Lock()
pool = ThreadPoolExecutor(2)


def takes():
    with lock:
        pass


def waits():
    with lock:
        pool.submit(int).result()


side_by_side(waits, lambda: pool.submit(takes).result())
pool.shutdown()
