"""The same, where the third one takes another node.

grade: unmatched
"""

import threading

from tests.evidence.unseen import side_by_side


class Node:
    def __init__(self):
        self.lock = threading.Lock()


door = threading.Lock()
a, b, c = [Node() for _ in range(3)]


def one():
    with a.lock, door:
        pass


def two():
    with door, b.lock:
        pass


def three():
    with c.lock, a.lock:
        pass


side_by_side(one, two, three)
