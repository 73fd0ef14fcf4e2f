"""The submitter holds the gate until it has the result of a work item that has joined a thread.

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


def between():
    thread = threading.Thread(target=forwards)
    thread.start()
    thread.join()


pool = ThreadPoolExecutor(2)


def submitter():
    with gate:
        pool.submit(between).result()


side_by_side(submitter, backwards)
pool.shutdown()
