"""Two accounts are taken in the order of the arguments of a transfer.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side


class Account:
    def __init__(self):
        self.lock = threading.Lock()


def transfer(source, target):
    with source.lock, target.lock:
        pass


one, other = Account(), Account()
side_by_side(lambda: transfer(one, other), lambda: transfer(other, one))
