"""The gate is held while work is submitted, and the pool is left to work on.

grade: feasible
"""

import threading
from concurrent.futures import ThreadPoolExecutor

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
        pool = ThreadPoolExecutor(2)
        pool.submit(forwards)
        pool.shutdown(wait=False)
    for thread in pool._threads:
        thread.join()


side_by_side(starter, backwards)
