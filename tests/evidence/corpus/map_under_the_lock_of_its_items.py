"""A map is consumed under a lock that its function takes.

grade: potential
because: held by the waiter
"""

import threading
from concurrent.futures import ThreadPoolExecutor

lock = threading.Lock()
pool = ThreadPoolExecutor(2)
done = []


def work(_number):
    with lock:
        pass
    done.append(True)


def consume(results):
    with lock:
        return list(results)


results = pool.map(work, range(3))
while len(done) < 3:
    pass
consume(results)
pool.shutdown()
