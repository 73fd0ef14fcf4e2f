"""Releases of a mutex that this thread does not hold: of one that is free, and of one that another thread holds."""

import threading

from lockdep.fastpath import DepMap
from lockdep.wait_types import Traits


class Mutex:
    traits = Traits()


free, taken = DepMap("free", Mutex), DepMap("taken", Mutex)


def release(lock):
    lock.release()


release(free)
taken.hold()
thread = threading.Thread(target=release, args=(taken,), name="stranger")
thread.start()
thread.join()
taken.release()


SHOWS = {"BadRelease": "but there are no more locks to release!"}
EXPECTED = """\

=====================================
WARNING: bad unlock balance detected!
Python VERSION SYSTEM [a126e973b52a]
-------------------------------------
thread MainThread is trying to release lock (free) at:
  unlock.py:17 in release
but there are no more locks to release!

other info that might help us debug this:
no locks held by MainThread.

stack backtrace:
      unlock.py:17 in release
        lock.release()
      unlock.py:20 in <module>
        release(free)

evidence: certain (error): a lock is released that this thread does not hold

=====================================
WARNING: bad unlock balance detected!
Python VERSION SYSTEM [f34d7cb86d89]
-------------------------------------
thread stranger is trying to release lock (taken) at:
  unlock.py:17 in release
but there are no more locks to release!

other info that might help us debug this:
no locks held by stranger.

stack backtrace:
      unlock.py:17 in release
        lock.release()

evidence: certain (error): a lock is released that this thread does not hold
lockdep: 2 errors, 0 warnings
"""

SHORT = """\

===================================
ERROR: bad unlock balance detected!                               [a126e973b52a]
-----------------------------------
  A  free  (Mutex)

MainThread releases A, which nobody holds
    unlock.py:20  <module>  release(free)
  > unlock.py:17  release   lock.release()                            releases A

error, certain: a lock is released that this thread does not hold
fix     release a lock once, in the thread that took it
accept  suppress = ["release: free  # why"]
more    lockdep explain release     --style kernel     --frames all

===================================
ERROR: bad unlock balance detected!                               [f34d7cb86d89]
-----------------------------------
  A  taken  (Mutex)

stranger releases A, which nobody holds
  > unlock.py:17  release  lock.release()                             releases A

error, certain: a lock is released that this thread does not hold
fix     release a lock once, in the thread that took it
accept  suppress = ["release: taken  # why"]
more    lockdep explain release     --style kernel     --frames all
lockdep: 2 errors, 0 warnings
"""
