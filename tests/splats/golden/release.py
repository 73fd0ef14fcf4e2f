"""Releases that raise: of a free lock, and of another thread's RLock."""

import threading

free = threading.Lock()
owned = threading.RLock()


def release(lock):
    try:
        lock.release()
    except RuntimeError as error:
        print(error)


release(free)
with owned:
    thread = threading.Thread(target=release, args=(owned,), name="stranger")
    thread.start()
    thread.join()


EXPECTED = """\

=====================================
WARNING: bad unlock balance detected!
Python VERSION SYSTEM [fe80e6a6cad1]
-------------------------------------
thread MainThread is trying to release lock (release.py:5 free) at:
      release.py:11 in release
        lock.release()
      release.py:16 in <module>
        release(free)
but there are no more locks to release!

other info that might help us debug this:
no locks held by MainThread.

evidence: unmatched (warning): a lock is released that this thread does not hold

=====================================
WARNING: bad unlock balance detected!
Python VERSION SYSTEM [f0e89dc5e638]
-------------------------------------
thread stranger is trying to release lock (release.py:6 owned) at:
      release.py:11 in release
        lock.release()
but it is held by MainThread!

other info that might help us debug this:
no locks held by stranger.

evidence: unmatched (warning): a lock is released that this thread does not hold
lockdep: 0 errors, 2 warnings
"""

SHORT = """\

=====================================
WARNING: bad unlock balance detected!                             [fe80e6a6cad1]
-------------------------------------
  A  release.py:5  free  (Lock)

MainThread releases A, which nobody holds
    release.py:16  <module>  release(free)
  > release.py:11  release   lock.release()                           releases A

warning, unmatched: a lock is released that this thread does not hold
fix     release a lock once, in the thread that took it
accept  suppress = ["release: release.py:* free  # why"]
more    lockdep explain release     --style kernel     --frames all

=====================================
WARNING: bad unlock balance detected!                             [f0e89dc5e638]
-------------------------------------
  A  release.py:6  owned  (RLock)

stranger releases A, which MainThread holds
  > release.py:11  release  lock.release()                            releases A

warning, unmatched: a lock is released that this thread does not hold
fix     release a lock once, in the thread that took it
accept  suppress = ["release: release.py:* owned  # why"]
more    lockdep explain release     --style kernel     --frames all
lockdep: 0 errors, 2 warnings
"""
