"""A result is asked for under a lock, after another one that the work item takes.

grade: none
"""

import threading
from concurrent.futures import ThreadPoolExecutor

lock, other = threading.Lock(), threading.Lock()
pool = ThreadPoolExecutor(1)


def work():
    with lock:
        pass


future = pool.submit(work)
with lock:
    pass
with other:
    future.result()
pool.shutdown()
