"""Many work items of a pool with one worker.

grade: excused
because: one worker
"""

import threading
from concurrent.futures import ThreadPoolExecutor

a, b = threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with b, a:
        pass


with ThreadPoolExecutor(1) as pool:
    for work in [forwards, backwards] * 20:
        pool.submit(work).result()
