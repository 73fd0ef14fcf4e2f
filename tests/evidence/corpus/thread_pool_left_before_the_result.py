"""A work item of a ThreadPool is submitted under the gate, and its result is asked for after it.

grade: feasible
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
        result = pool.apply_async(forwards)
    result.get()


side_by_side(starter, backwards)
pool.close()
pool.join()
