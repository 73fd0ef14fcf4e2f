"""The gate is held until all workers of a ThreadPool have ended.

grade: excused
because: inherited gate
"""

import threading
from multiprocessing.pool import ThreadPool

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with gate, b, a:
        pass


def starter():
    with gate:
        pool = ThreadPool(2)
        pool.apply_async(forwards)
        pool.close()
        pool.join()


side_by_side(starter, backwards)
