"""A lock is taken under one that was declared to come after it."""

import threading

import lockdep

accounts = threading.Lock()
journal = threading.Lock()
mail = threading.Lock()
lockdep.order(accounts, journal)
lockdep.order(journal, mail)


def notify():
    with mail:
        audit()


def audit():
    with accounts:
        pass


notify()


SHOWS = {"DeclaredOrder": "declared lock order violated"}
EXPECTED = """\

=====================================
WARNING: declared lock order violated
Python VERSION SYSTEM [fe02e7ef4267]
-------------------------------------
thread MainThread is trying to acquire lock:
  (declared.py:7 accounts){....}-{4:4} [Lock]

but it is already holding lock:
  (declared.py:9 mail){+.+.}-{4:4}, at: declared.py:15 in notify

which is declared to come after the new lock:
  declared.py:7 accounts --> declared.py:8 journal --> declared.py:9 mail
  declared at declared.py:10 in <module>
  declared at declared.py:11 in <module>

other info that might help us debug this:
1 lock held by MainThread:
 #0: (declared.py:9 mail){+.+.}-{4:4}, at: declared.py:15 in notify

stack backtrace:
      declared.py:20 in audit
        with accounts:
      declared.py:16 in notify
        audit()
      declared.py:24 in <module>
        notify()

evidence: potential (error): judged by classes, as the kernel does: whatever their instances
lockdep: 1 error, 0 warnings
"""

SHORT = """\

===================================
ERROR: declared lock order violated                               [fe02e7ef4267]
-----------------------------------
  A  declared.py:9  mail      (Lock)
  B  declared.py:7  accounts  (Lock)
  C  declared.py:8  journal   (Lock)

MainThread took A, then B
    declared.py:24  <module>  notify()
  > declared.py:15  notify    with mail:                                 holds A
    declared.py:16  notify    audit()
  > declared.py:20  audit     with accounts:                             wants B

declared: B, then C, then A [declared.py:10 in <module>, declared.py:11 in
  <module>]

error, potential: judged by classes, as the kernel does: whatever their
        instances
fix     take B first, or correct the declaration
accept  suppress = ["order: declared.py:* mail  # why"]
more    lockdep explain order     --style kernel     --frames all
lockdep: 1 error, 0 warnings
"""
