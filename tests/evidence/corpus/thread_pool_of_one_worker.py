"""Both sides are work items of a ThreadPool with one worker.

grade: excused
because: one worker
"""

import threading
from multiprocessing.pool import ThreadPool

a, b = threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with b, a:
        pass


with ThreadPool(1) as pool:
    for work in (forwards, backwards, forwards, backwards):
        pool.apply(work)
