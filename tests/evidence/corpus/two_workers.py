"""Both sides are work items of a pool that may have two workers.

grade: potential
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


with ThreadPoolExecutor(2) as pool:
    for work in (forwards, backwards):
        pool.submit(work).result()
