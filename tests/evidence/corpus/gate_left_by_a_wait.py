"""A condition as gate: the wait for it lets the other side in.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

g = threading.Condition(threading.Lock())
a, b = threading.Lock(), threading.Lock()


def one():
    with g:
        a.acquire()
        g.wait(0.01)
    b.acquire()
    b.release()
    a.release()


def two():
    with g, b, a:
        pass


side_by_side(one, two)
