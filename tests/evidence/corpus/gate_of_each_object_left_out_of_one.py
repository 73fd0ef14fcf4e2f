"""A gate that each object brings for its own locks, and that one of them leaves out after all others were used.

Of that object nothing is known but the side without the gate.

grade: unmatched
"""

import threading

from tests.evidence.unseen import side_by_side


class Account:
    def __init__(self):
        self.gate = threading.Lock()
        self.balance = threading.Lock()
        self.journal = threading.Lock()

    def pay(self):
        with self.gate, self.balance, self.journal:
            pass

    def audit(self):
        with self.gate, self.journal, self.balance:
            pass

    def peek(self):
        with self.journal, self.balance:
            pass


accounts = [Account(), Account()]
side_by_side(*[account.pay for account in accounts], *[account.audit for account in accounts], accounts[1].peek)
