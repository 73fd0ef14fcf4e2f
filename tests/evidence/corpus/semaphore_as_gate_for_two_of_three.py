"""A semaphore that lets two threads in guards a ring of three.

grade: excused
because: lets only 2
"""

import threading

from tests.evidence.unseen import side_by_side

gate = threading.Semaphore(2)
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
