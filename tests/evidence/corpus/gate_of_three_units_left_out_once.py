"""A semaphore of three units is held on three of the four sides of a cycle.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

gate = threading.BoundedSemaphore(3)
a, b, c, d = threading.Lock(), threading.Lock(), threading.Lock(), threading.Lock()


def pair(first, second):
    def work():
        with gate, first, second:
            pass

    return work


def last():
    with d, a:
        pass


side_by_side(pair(a, b), pair(b, c), pair(c, d), last)
