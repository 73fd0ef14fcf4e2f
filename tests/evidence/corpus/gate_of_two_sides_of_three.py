"""Two of three sides hold a gate, and one of them a second one.

grade: excused
because: gate
"""

import threading

from tests.evidence.unseen import side_by_side

g1, g2 = threading.Lock(), threading.Lock()
a, b, c = threading.Lock(), threading.Lock(), threading.Lock()


def one():
    with g1, a, b:
        pass


def two():
    with g1, g2, b, c:
        pass


def three():
    with c, a:
        pass


side_by_side(one, two, three)
