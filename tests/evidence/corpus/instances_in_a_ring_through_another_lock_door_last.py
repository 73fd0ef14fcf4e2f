"""The same, where the side with the door comes last.

grade: feasible
because: seen in 3 threads
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
    with b.lock, a.lock:
        pass


side_by_side(three, two, one)
