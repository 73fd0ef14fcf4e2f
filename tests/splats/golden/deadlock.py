"""Two threads wait for each other's lock; one of them gets an exception."""

import contextlib
import threading

import lockdep

lockdep.install(on_deadlock="raise", suppress=("circular: *",))
accounts = threading.Lock()
audit = threading.RLock()
met = threading.Semaphore(0), threading.Semaphore(0)


def transfer():
    with accounts:
        met[0].release()
        met[1].acquire()
        with contextlib.suppress(lockdep.DeadlockError), audit:
            pass


def report():
    with audit:
        met[1].release()
        met[0].acquire()
        with contextlib.suppress(lockdep.DeadlockError), accounts:
            pass


first = threading.Thread(target=transfer, name="transfer")
first.start()
second = threading.Thread(target=report, name="report")
second.start()
first.join()
second.join()


SHOWS = {"Deadlock": "circular locking deadlock detected!"}
COMPILED_ONLY = True
EXPECTED = """\

========================================
BUG: circular locking deadlock detected!
Python VERSION SYSTEM [b84330748592]
----------------------------------------
1) transfer waits for a lock that report holds:
  (deadlock.py:10 audit){+.+.}-{4:4} [RLock]
 at:
      deadlock.py:18 in transfer
        with contextlib.suppress(lockdep.DeadlockError), audit:
1 lock held by transfer:
 #0: (deadlock.py:9 accounts){+.+.}-{4:4}, at: deadlock.py:15 in transfer

2) report waits for a lock that transfer holds:
  (deadlock.py:9 accounts){+.+.}-{4:4} [Lock]
 at:
      deadlock.py:26 in report
        with contextlib.suppress(lockdep.DeadlockError), accounts:
1 lock held by report:
 #0: (deadlock.py:10 audit){+.+.}-{4:4}, at: deadlock.py:23 in report

 *** DEADLOCK ***

blocked behind them: MainThread

evidence: observed (error): two looks found the same threads in the same waits; foretold by [07737652fe32]
lockdep: 1 error, 0 warnings, 1 suppressed
"""

SHORT = """\

========================================
BUG: circular locking deadlock detected!                          [b84330748592]
----------------------------------------
  A  deadlock.py:9   accounts  (Lock)
  B  deadlock.py:10  audit     (RLock)

transfer holds A and waits for B
  > deadlock.py:15  transfer  with accounts:                             holds A
  > deadlock.py:18  transfer  with contextlib.suppress(lockdep.Deadl...  wants B

report holds B and waits for A
  > deadlock.py:23  report  with audit:                                  holds B
  > deadlock.py:26  report  with contextlib.suppress(lockdep.Deadloc...  wants A

blocked behind them: MainThread

 *** DEADLOCK ***

error, observed: two looks found the same threads in the same waits; foretold by
        [07737652fe32]
fix     take the locks in one order everywhere, and wait for others when no lock
        is held that they need
accept  suppress = ["deadlock: deadlock.py:* audit  # why"]
more    lockdep explain deadlock     --style kernel     --frames all
lockdep: 1 error, 0 warnings, 1 suppressed
"""
