"""Two threads, two locks, two orders."""

import threading


class Account:
    def __init__(self):
        self.lock = threading.Lock()
        self.balance = 100


class Bank:
    def __init__(self):
        self.lock = threading.RLock()
        self.account = Account()

    def total(self):
        with self.lock:
            with self.account.lock:
                return self.account.balance

    def pay(self):
        with self.account.lock:
            self.account.balance -= 1
            self.log()

    def log(self):
        with self.lock:
            pass


bank = Bank()
for work in (bank.total, bank.pay):
    thread = threading.Thread(target=work, name=work.__name__)
    thread.start()
    thread.join()


SHOWS = {"CircularDependency": "which lock already depends on the new lock."}
EXPECTED = """\

======================================================
WARNING: possible circular locking dependency detected
Python VERSION SYSTEM [b5de4496b7a7]
------------------------------------------------------
thread pay is trying to acquire lock:
  (circular.py:14 self.lock){+.+.}-{4:4} [RLock]

but it is already holding lock:
  (circular.py:8 self.lock){+.+.}-{4:4} [Lock]

which lock already depends on the new lock.


the existing dependency chain (in reverse order) is:

-> #1 (circular.py:8 self.lock){+.+.}-{4:4} --> (circular.py:14 self.lock){+.+.}-{4:4}: pay
   held circular.py:8 self.lock, taken at:
      circular.py:23 in Bank.pay
        with self.account.lock:
   to acquire circular.py:14 self.lock at:
      circular.py:28 in Bank.log
        with self.lock:
      circular.py:25 in Bank.pay
        self.log()

-> #0 (circular.py:14 self.lock){+.+.}-{4:4} --> (circular.py:8 self.lock){+.+.}-{4:4}: total
   held circular.py:14 self.lock, taken at:
      circular.py:18 in Bank.total
        with self.lock:
   to acquire circular.py:8 self.lock at:
      circular.py:19 in Bank.total
        with self.account.lock:

other info that might help us debug this:

Chain exists of:
  circular.py:14 self.lock --> circular.py:8 self.lock --> circular.py:14 self.lock

 Possible unsafe locking scenario:

  thread 0                          thread 1
  --------                          --------
  lock(circular.py:14 self.lock);
                                    lock(circular.py:8 self.lock);
  lock(circular.py:8 self.lock);
                                    lock(circular.py:14 self.lock);

 *** DEADLOCK ***

1 lock held by pay:
 #0: (circular.py:8 self.lock){+.+.}-{4:4}, at: circular.py:23 in Bank.pay

stack backtrace:
      circular.py:28 in Bank.log
        with self.lock:
      circular.py:25 in Bank.pay
        self.log()

evidence: potential (error): the same locks close the cycle, seen in 2 threads, but the second was started after the first had ended
lockdep: 1 error, 0 warnings
"""  # noqa: E501

SHORT = """\

====================================================
ERROR: possible circular locking dependency detected              [b5de4496b7a7]
----------------------------------------------------
  A  circular.py:14  self.lock  (RLock)
  B  circular.py:8   self.lock  (Lock)

total took A, then B
  > circular.py:18  Bank.total  with self.lock:                          holds A
  > circular.py:19  Bank.total  with self.account.lock:                  wants B

pay took B, then A
  > circular.py:23  Bank.pay  with self.account.lock:                    holds B
    circular.py:25  Bank.pay  self.log()
  > circular.py:28  Bank.log  with self.lock:                            wants A

  total      pay
  -----      ---
  lock(A);
             lock(B);
  lock(B);
             lock(A);

 *** DEADLOCK ***

error, potential: the same locks close the cycle, seen in 2 threads, but the
        second was started after the first had ended
fix     take the locks in one order everywhere, or release A before the other
        one is taken
accept  suppress = ["circular: circular.py:* self.lock -> circular.py:* self.lock  # why"]
more    lockdep explain circular     --style kernel     --frames all
lockdep: 1 error, 0 warnings
"""
