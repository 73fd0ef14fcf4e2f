"""One side is a work item of a pool with one worker, the other one is not.

grade: potential
"""

import threading
from concurrent.futures import ThreadPoolExecutor

a, b = threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with b, a:
        pass


with ThreadPoolExecutor(1) as pool:
    pool.submit(forwards).result()
backwards()
