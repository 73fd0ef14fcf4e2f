"""Four nodes and two doors: no node leads through both doors.

grade: unmatched
"""

import threading

from tests.evidence.unseen import side_by_side


class Node:
    def __init__(self):
        self.lock = threading.Lock()


front, back = threading.Lock(), threading.Lock()
a, b, c, d = [Node() for _ in range(4)]


def one():
    with a.lock, front:
        pass


def two():
    with front, b.lock:
        pass


def three():
    with c.lock, back:
        pass


def four():
    with back, d.lock:
        pass


side_by_side(one, two, three, four)
