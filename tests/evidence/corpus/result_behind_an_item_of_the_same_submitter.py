"""A result is asked for under a lock that the only worker takes for an item which was submitted before.

grade: potential
"""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.evidence.unseen import Signal

lock = threading.Lock()
taken = Signal()


def takes():
    with lock:
        pass
    taken.set()


with ThreadPoolExecutor(1) as pool:
    pool.submit(takes)
    taken.wait()
    with lock:
        pool.submit(int).result()
