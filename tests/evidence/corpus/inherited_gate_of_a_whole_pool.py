"""The gate is held around the with statement of a pool, which waits for all work items.

grade: excused
because: inherited gate
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
    with gate, ThreadPoolExecutor(2) as pool:
        pool.submit(forwards)


side_by_side(starter, backwards)
