"""A map is started under a gate that the other side holds, and consumed after it.

grade: feasible
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
        results = pool.map(forwards, range(3))
    list(results)


def backwards():
    with gate, b, a:
        pass


side_by_side(mapper, backwards)
pool.shutdown()
