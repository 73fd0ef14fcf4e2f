"""Two threads get the same two locks from a queue, and take them in two orders.

grade: feasible
"""

import queue
import threading

from tests.evidence.unseen import side_by_side

q = queue.Queue()
a, b = threading.Lock(), threading.Lock()
for _ in range(2):
    q.put((a, b))


def forwards():
    x, y = q.get()
    with x, y:
        pass


def backwards():
    x, y = q.get()
    with y, x:
        pass


side_by_side(forwards, backwards)
