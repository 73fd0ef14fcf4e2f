"""Two nodes and two doors: each door closes no cycle with the nodes, both together do.

grade: feasible
because: seen in 4 threads
"""

import threading

from tests.evidence.unseen import side_by_side


class Node:
    def __init__(self):
        self.lock = threading.Lock()


front, back = threading.Lock(), threading.Lock()
a, b = [Node() for _ in range(2)]


def one():
    with a.lock, front:
        pass


def two():
    with front, b.lock:
        pass


def three():
    with b.lock, back:
        pass


def four():
    with back, a.lock:
        pass


side_by_side(one, two, three, four)
