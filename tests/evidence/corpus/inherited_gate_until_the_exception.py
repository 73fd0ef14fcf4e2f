"""The submitter asks for the exception of a work item under the gate.

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


pool = ThreadPoolExecutor(2)


def starter():
    with gate:
        pool.submit(forwards).exception()


side_by_side(starter, backwards)
pool.shutdown()
