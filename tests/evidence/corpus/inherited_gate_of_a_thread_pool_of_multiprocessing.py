"""A map of multiprocessing's thread pool is done under the gate.

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


pool = ThreadPool(2)


def starter():
    with gate:
        pool.map(lambda _: forwards(), range(3))


side_by_side(starter, backwards)
pool.close()
pool.join()
