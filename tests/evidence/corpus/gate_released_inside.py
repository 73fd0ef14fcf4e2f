"""A gate that one side releases before it wants the second lock.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

g, a, b = threading.Lock(), threading.Lock(), threading.Lock()


def one():
    g.acquire()
    a.acquire()
    g.release()
    with b:
        pass
    a.release()


def two():
    with g:
        with b, a:
            pass


side_by_side(one, two)
