"""The first result of several is taken under the gate, and the others after it.

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
        results = pool.imap(forwards, range(3))
        next(results)
    list(results)


side_by_side(starter, backwards)
pool.close()
pool.join()
