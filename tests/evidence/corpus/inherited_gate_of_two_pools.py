"""The gate of a submitter guards the work items of two pools.

grade: excused
because: inherited gate
"""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.evidence.unseen import side_by_side

threading.Thread(target=int).start()
gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with b, a:
        pass


pool1 = ThreadPoolExecutor(2)
pool2 = ThreadPoolExecutor(2)


def s1():
    with gate:
        pool1.submit(forwards).result()


def s2():
    with gate:
        pool2.submit(backwards).result()


side_by_side(s1, s2)
pool1.shutdown()
pool2.shutdown()
