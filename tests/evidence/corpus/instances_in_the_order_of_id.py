"""Two accounts are taken in the order of their id.

grade: none
"""

import threading

from tests.evidence.unseen import side_by_side


class Account:
    def __init__(self):
        self.lock = threading.Lock()


def transfer(source, target):
    first, second = sorted((source, target), key=id)
    with first.lock, second.lock:
        pass


one, other = Account(), Account()
side_by_side(lambda: transfer(one, other), lambda: transfer(other, one))
