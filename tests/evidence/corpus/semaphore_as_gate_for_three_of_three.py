"""A semaphore that lets three threads in guards nothing in a ring of three.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

gate = threading.Semaphore(3)
a, b, c = threading.Lock(), threading.Lock(), threading.Lock()


def one():
    with gate, a, b:
        pass


def two():
    with gate, b, c:
        pass


def three():
    with gate, c, a:
        pass


side_by_side(one, two, three)
