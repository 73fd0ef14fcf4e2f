"""The submitter has its result under the gate, while a thread that the work item has started goes on.

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


inner = threading.Thread(target=forwards)
pool = ThreadPoolExecutor(2)


def submitter():
    with gate:
        pool.submit(inner.start).result()


side_by_side(submitter, backwards)
inner.join()
pool.shutdown()
