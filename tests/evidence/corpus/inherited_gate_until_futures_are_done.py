"""The submitter waits for its futures under the gate, by wait().

grade: excused
because: inherited gate
"""

import threading
from concurrent.futures import ThreadPoolExecutor, wait

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
        wait([pool.submit(forwards)])


side_by_side(starter, backwards)
pool.shutdown()
