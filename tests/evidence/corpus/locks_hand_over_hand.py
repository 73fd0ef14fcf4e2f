"""The locks of a list are taken hand over hand, in one direction.

grade: none
"""

import threading

from tests.evidence.unseen import side_by_side


class Node:
    def __init__(self, after):
        self.lock, self.after = threading.Lock(), after


head = Node(Node(Node(Node(None))))


def walk():
    node = head
    node.lock.acquire()
    while node.after:
        node.after.lock.acquire()
        node.lock.release()
        node = node.after
    node.lock.release()


side_by_side(walk, walk)
