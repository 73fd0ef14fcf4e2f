"""The same, where the result is asked for under the gate.

grade: excused
because: inherited gate
"""

import threading
from multiprocessing.pool import ThreadPool

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()


def forwards(_number=0):
    with a, b:
        pass


def backwards():
    with gate, b, a:
        pass


pool = ThreadPool(2)


def starter():
    with gate:
        pool.apply_async(forwards).get()


side_by_side(starter, backwards)
pool.close()
pool.join()
