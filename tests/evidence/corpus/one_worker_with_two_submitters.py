"""Two threads give the two sides to a pool with one worker.

grade: excused
because: one worker
"""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()
pool = ThreadPoolExecutor(max_workers=1)


def forwards():
    with a, b:
        pass


def backwards():
    with b, a:
        pass


side_by_side(lambda: pool.submit(forwards).result(), lambda: pool.submit(backwards).result())
pool.shutdown()
