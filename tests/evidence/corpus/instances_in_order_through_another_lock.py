"""The same, where the third one takes the nodes in the order that the door has.

grade: unmatched
"""

import threading

from tests.evidence.unseen import side_by_side


class Node:
    def __init__(self):
        self.lock = threading.Lock()


door = threading.Lock()
a, b = [Node() for _ in range(2)]


def one():
    with a.lock, door:
        pass


def two():
    with door, b.lock:
        pass


def three():
    with a.lock, b.lock:
        pass


side_by_side(one, two, three)
