"""A result is asked for under a lock that a callback of another item takes, in a pool of two workers.

grade: none
"""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.evidence.unseen import Signal

lock = threading.Lock()
added, called = Signal(), Signal()


def call_back(_future):
    with lock:
        pass
    called.set()


with ThreadPoolExecutor(2) as pool:
    future = pool.submit(added.wait)
    future.add_done_callback(call_back)
    added.set()
    called.wait()
    with lock:
        pool.submit(int).result()
