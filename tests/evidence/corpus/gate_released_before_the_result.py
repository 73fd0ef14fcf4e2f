"""The submitter releases the gate before it has the result.

grade: feasible
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
        future = pool.submit(forwards)
    future.result()


side_by_side(submitter, backwards)
pool.shutdown()
