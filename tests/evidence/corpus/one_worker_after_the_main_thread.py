"""A pool with one worker does what the main thread has done as well.

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
    forwards()
    pool.submit(backwards).result()
