"""Threads that end with locks held."""

import threading

lock = threading.Lock()
owned = threading.RLock()


def forget(which):
    which.acquire()


for which in (owned, lock):
    thread = threading.Thread(target=forget, args=(which,), name="forgetful")
    thread.start()
    thread.join()


SHOWS = {"EndedHolding": "1 lock held by forgetful:"}
EXPECTED = """\

===========================================
WARNING: thread ended with locks still held
Python VERSION SYSTEM [efd00d04eaf3]
-------------------------------------------
1 lock held by forgetful:
 #0: (lifetime.py:6 owned){+.+.}-{4:4}, at: lifetime.py:10 in forget

#0 was taken at:
      lifetime.py:10 in forget
        which.acquire()

evidence: certain (error): only the thread that took it can release it

===========================================
WARNING: thread ended with locks still held
Python VERSION SYSTEM [c2e7f0b1a667]
-------------------------------------------
1 lock held by forgetful:
 #0: (lifetime.py:5 lock){+.+.}-{4:4}, at: lifetime.py:10 in forget

#0 was taken at:
      lifetime.py:10 in forget
        which.acquire()

evidence: unmatched (warning): another thread may still release it
lockdep: 1 error, 1 warning
"""

SHORT = """\

=========================================
ERROR: thread ended with locks still held                         [efd00d04eaf3]
-----------------------------------------
  A  lifetime.py:6  owned  (RLock)

forgetful took A, and ended
  > lifetime.py:10  forget  which.acquire()                              holds A

error, certain: only the thread that took it can release it
fix     take it in a `with` statement, or release it in a `finally`
accept  suppress = ["lifetime: lifetime.py:* owned  # why"]
more    lockdep explain lifetime     --style kernel     --frames all

===========================================
WARNING: thread ended with locks still held                       [c2e7f0b1a667]
-------------------------------------------
  A  lifetime.py:5  lock  (Lock)

forgetful took A, and ended
  > lifetime.py:10  forget  which.acquire()                              holds A

warning, unmatched: another thread may still release it
fix     take it in a `with` statement, or release it in a `finally`
accept  suppress = ["lifetime: lifetime.py:* lock  # why"]
more    lockdep explain lifetime     --style kernel     --frames all
lockdep: 1 error, 1 warning
"""
