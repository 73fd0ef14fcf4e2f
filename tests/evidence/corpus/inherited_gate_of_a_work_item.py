"""The submitter holds the gate until it has the result.

grade: excused
because: inherited gate
"""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()
pool = ThreadPoolExecutor(2)


def forwards():
    with a, b:
        pass


def backwards():
    with gate, b, a:
        pass


def submitter():
    with gate:
        pool.submit(forwards).result()


side_by_side(submitter, backwards)
pool.shutdown()
