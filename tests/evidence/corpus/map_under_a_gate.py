"""A map is consumed under a gate that the other side holds.

grade: excused
because: inherited gate
"""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()
pool = ThreadPoolExecutor(2)


def forwards(_number):
    with a, b:
        pass


def mapper():
    with gate:
        list(pool.map(forwards, range(3)))


def backwards():
    with gate, b, a:
        pass


side_by_side(mapper, backwards)
pool.shutdown()
