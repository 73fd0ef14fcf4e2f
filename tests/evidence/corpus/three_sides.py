"""Three threads and three locks.

grade: feasible
because: in 3 threads
"""

import threading

from tests.evidence.unseen import side_by_side

a, b, c = threading.Lock(), threading.Lock(), threading.Lock()


def first():
    with a, b:
        pass


def second():
    with b, c:
        pass


def third():
    with c, a:
        pass


side_by_side(first, second, third)
