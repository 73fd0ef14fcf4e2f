"""A work item and a thread that is no worker.

grade: feasible
"""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()

pool = ThreadPoolExecutor(1)


def forwards():
    with a, b:
        pass


def backwards():
    with b, a:
        pass


def s1():
    pool.submit(forwards)


def s2():
    backwards()


side_by_side(s2, s1)
pool.shutdown()
