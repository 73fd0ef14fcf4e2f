"""A result is asked for under a lock that a callback of the item takes, which nobody waits for.

grade: none
"""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.evidence.unseen import Signal

lock = threading.Lock()
asked, called = Signal(), Signal()


def call_back(_future):
    with lock:
        pass
    called.set()


with ThreadPoolExecutor(1) as pool:
    future = pool.submit(asked.wait)
    future.add_done_callback(call_back)
    with lock:
        asked.set()
        future.result()
    called.wait()
