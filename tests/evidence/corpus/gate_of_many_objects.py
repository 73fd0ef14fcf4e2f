"""Gates of many objects in front of shared locks; the same one on both sides is luck.

grade: potential
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


one, other = Account(), Account()
for account in (one, other):
    account.pay()
side_by_side(one.audit)
