"""Work items of two pools with one worker each.

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


with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
    one.submit(forwards).result()
    other.submit(backwards).result()
