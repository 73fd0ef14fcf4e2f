"""Assertions that do not hold: about a lock, and about the context."""

import threading

import lockdep


class Cache:
    def __init__(self):
        self.lock = threading.Lock()
        self.entries = {}

    def drop_all(self):
        lockdep.assert_held(self.lock)
        self.entries.clear()


def start_transfer():
    lockdep.assert_irqs_disabled()


cache = Cache()
with cache.lock:
    cache.drop_all()
cache.drop_all()
start_transfer()


SHOWS = {"FailedAssertion": "assert_held() says that"}
EXPECTED = """\

===========================
WARNING: assert_held failed
Python VERSION SYSTEM [36afc1ce4ca1]
---------------------------
assertion.py:14 in Cache.drop_all: assert_held() says that
  assertion.py:10 self.lock is held by this thread

which is not so for thread MainThread:
  (assertion.py:10 self.lock){+.+.}-{4:4} [Lock]

other info that might help us debug this:
no locks held by MainThread.

stack backtrace:
      assertion.py:14 in Cache.drop_all
        lockdep.assert_held(self.lock)
      assertion.py:25 in <module>
        cache.drop_all()

evidence: certain (error): it does not hold here

====================================
WARNING: assert_irqs_disabled failed
Python VERSION SYSTEM [db8495ef0739]
------------------------------------
assertion.py:19 in start_transfer: assert_irqs_disabled() says that
  interrupts are off here

which is not so:

other info that might help us debug this:
thread MainThread [HC0[0]:SC0[0]:HE1:SE1]
irq event stamp: 0
hardirqs last  enabled at (0): never
hardirqs last disabled at (0): never
softirqs last  enabled at (0): never
softirqs last disabled at (0): never
no locks held by MainThread.

stack backtrace:
      assertion.py:19 in start_transfer
        lockdep.assert_irqs_disabled()
      assertion.py:26 in <module>
        start_transfer()

evidence: certain (error): it does not hold here
lockdep: 2 errors, 0 warnings
"""

SHORT = """\

=========================
ERROR: assert_held failed                                         [36afc1ce4ca1]
-------------------------
  A  assertion.py:10  self.lock  (Lock)

MainThread asserts what is not so: A is held by this thread
    assertion.py:25  <module>        cache.drop_all()
  > assertion.py:14  Cache.drop_all  lockdep.assert_held(self.lock)        fails

error, certain: it does not hold here
fix     take the lock in the caller, or correct the assertion
accept  suppress = ["assertion: assertion.py:* self.lock  # why"]
more    lockdep explain assertion     --style kernel     --frames all

==================================
ERROR: assert_irqs_disabled failed                                [db8495ef0739]
----------------------------------
MainThread asserts what is not so: interrupts are off here
    assertion.py:26  <module>        start_transfer()
  > assertion.py:19  start_transfer  lockdep.assert_irqs_disabled()        fails

error, certain: it does not hold here
fix     let the caller see to it, or correct the assertion
accept  suppress = ["assertion: assertion.py:* in start_transfer  # why"]
more    lockdep explain assertion     --style kernel     --frames all
lockdep: 2 errors, 0 warnings
"""
