"""Accounts are taken in the order of their id, the second one under a log that is taken under accounts.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side


class Account:
    def __init__(self):
        self.lock = threading.Lock()


log = threading.Lock()


def transfer(source, target):
    first, second = sorted((source, target), key=id)
    with first.lock, log, second.lock:
        pass


def write(account):
    with account.lock, log:
        pass


one, other = Account(), Account()
side_by_side(lambda: transfer(one, other), lambda: write(one), lambda: write(other))
