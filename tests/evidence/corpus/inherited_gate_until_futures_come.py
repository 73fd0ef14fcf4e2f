"""The submitter takes its futures under the gate as they complete.

grade: excused
because: inherited gate
"""

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed

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
        for future in as_completed([pool.submit(forwards)]):
            future.result()


side_by_side(starter, backwards)
pool.shutdown()
