"""The ring through the door under a gate.

grade: excused
because: gate
"""

import threading

from tests.evidence.unseen import side_by_side


class Node:
    def __init__(self):
        self.lock = threading.Lock()


gate = threading.Lock()
door = threading.Lock()
a, b = [Node() for _ in range(2)]


def one():
    with gate, a.lock, door:
        pass


def two():
    with gate, door, b.lock:
        pass


def three():
    with gate, b.lock, a.lock:
        pass


side_by_side(one, two, three)
