"""A work item waits for another one in another pool, while its submitter holds the gate.

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


inner, outer = ThreadPoolExecutor(2), ThreadPoolExecutor(2)


def starter():
    with gate:
        outer.submit(lambda: inner.submit(forwards).result()).result()


side_by_side(starter, backwards)
inner.shutdown()
outer.shutdown()
