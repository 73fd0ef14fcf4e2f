"""The same, where the submitter has waited for the end of the other item, and submits it again after the result.

grade: none
"""

import threading
from concurrent.futures import ThreadPoolExecutor

lock = threading.Lock()


def takes():
    with lock:
        pass


with ThreadPoolExecutor(1) as pool:
    pool.submit(takes).result()
    with lock:
        pool.submit(int).result()
    pool.submit(takes).result()
