"""The same, under another lock.

grade: none
"""

import threading
from multiprocessing.pool import ThreadPool

from tests.evidence.unseen import Signal

lock, other = threading.Lock(), threading.Lock()
pool = ThreadPool(2)
done = Signal()


def work():
    with lock:
        pass
    done.set()


result = pool.apply_async(work)
done.wait()
with other:
    result.get()
pool.close()
pool.join()
