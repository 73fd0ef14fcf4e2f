"""Annotations: what a program can say about its locks, and what is reported when it is not so.

    python examples/lessons/02_annotations.py

A bank has a lock for its balances and one for its journal. Five sentences about them are written into the code:

1. guarded_by: the balance is used only with the lock held.
2. assert_held: whoever calls post() has the journal's lock.
3. might_lock: pay() may take the journal's lock, even if this run's payment is too small for the journal.
4. order: the lock of the balances comes before that of the journal.
5. might_sleep: flush() may sleep, so nobody calls it under a spinlock.

The first bank breaks each of them once. Nothing goes wrong, and each is reported. The second one keeps them.
"""

import lockdep
from lockdep.threading import Lock
from primitives import SpinLock


@lockdep.guarded_by("lock", "balance")
class Bank:
    def __init__(self, name):
        self.lock, self.journal_lock, self.spinlock = Lock(f"{name}.lock"), Lock(f"{name}.journal"), SpinLock()
        lockdep.order(self.lock, self.journal_lock)
        self.balance, self.journal = 100, []

    def post(self, amount):
        lockdep.assert_held(self.journal_lock)
        self.journal.append(amount)

    def pay(self, amount):
        lockdep.might_lock(self.journal_lock)
        with self.lock:
            self.balance -= amount
        if amount > 50:
            with self.journal_lock:
                self.post(amount)

    def flush(self):
        lockdep.might_sleep()
        self.journal.clear()

    def work(self):
        print(f"  balance {self.balance}")  # breaks 1
        self.post(1)  # breaks 2
        with self.journal_lock:
            self.pay(5)  # breaks 3: it may take this lock again; and 4: it takes the other one, which comes first
        with self.spinlock:
            self.flush()  # breaks 5


class CorrectedBank(Bank):
    def work(self):
        with self.lock:
            print(f"  balance {self.balance}")
        with self.journal_lock:
            self.post(1)
        self.pay(5)
        with self.spinlock:
            pass
        self.flush()


for name, kind in (("wrong", Bank), ("right", CorrectedBank)):
    before = len(lockdep.findings())
    print(f"{name}:")
    kind(name).work()
    for finding in lockdep.findings()[before:]:
        print(f"  {finding.slug}: {finding.title}")
    print(f"  findings: {len(lockdep.findings()) - before}")
