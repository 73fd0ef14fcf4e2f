"""The locks of a closed list are taken hand over hand, by threads that begin at different nodes.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side


class Node:
    def __init__(self):
        self.lock, self.after = threading.Lock(), None


nodes = [Node() for _ in range(3)]
for at, node in enumerate(nodes):
    node.after = nodes[(at + 1) % 3]


def walk(node):
    with node.lock, node.after.lock:
        pass


side_by_side(*[lambda node=node: walk(node) for node in nodes])
