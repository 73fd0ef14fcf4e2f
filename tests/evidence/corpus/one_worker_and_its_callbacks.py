"""Both sides belong to one worker, but one of them is also a callback that runs in the thread that adds it.

grade: feasible
"""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()
pool = ThreadPoolExecutor(max_workers=1)


def forwards():
    with a, b:
        pass


def backwards(_future):
    with b, a:
        pass


def add(future):
    future.result()
    future.add_done_callback(backwards)


done = pool.submit(int)
side_by_side(lambda: pool.submit(forwards).result(), lambda: add(done))
pool.shutdown()
