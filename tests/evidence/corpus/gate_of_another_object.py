"""Gates of two objects in front of locks that both share.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

balance, journal = threading.Lock(), threading.Lock()


class Account:
    def __init__(self):
        self.gate = threading.Lock()

    def pay(self):
        with self.gate, balance, journal:
            pass

    def audit(self):
        with self.gate, journal, balance:
            pass


side_by_side(Account().pay, Account().audit)
