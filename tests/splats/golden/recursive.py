"""A lock wanted again by its holder, first with a timeout, so that the program goes on."""

import threading

lock = threading.Lock()


def outer():
    with lock:
        inner()


def inner():
    if lock.acquire(timeout=0.001):
        lock.release()


outer()


EXPECTED = """\

============================================
WARNING: possible recursive locking detected
Python VERSION SYSTEM [aeb624fe2ee0]
--------------------------------------------
thread MainThread is trying to acquire lock with a timeout:
  (recursive.py:5 lock){+.+.}-{4:4} [Lock]

but it is already holding lock:
  (recursive.py:5 lock){+.+.}-{4:4} [Lock]

which is the same lock, taken at:
      recursive.py:9 in outer
        with lock:
      recursive.py:18 in <module>
        outer()

other info that might help us debug this:
 Possible unsafe locking scenario:

  thread 0
  --------
  lock(recursive.py:5 lock);
  lock(recursive.py:5 lock);

 *** STALL ***

 A lock that its holder may take again is an RLock

1 lock held by MainThread:
 #0: (recursive.py:5 lock){+.+.}-{4:4}, at: recursive.py:9 in outer

stack backtrace:
      recursive.py:14 in inner
        if lock.acquire(timeout=0.001):
      recursive.py:10 in outer
        inner()
      recursive.py:18 in <module>
        outer()

evidence: stall (warning): the wait has a timeout: not for ever, but that long
lockdep: 0 errors, 1 warning
"""

SHORT = """\

============================================
WARNING: possible recursive locking detected                      [aeb624fe2ee0]
--------------------------------------------
  A  recursive.py:5  lock  (Lock)

MainThread holds A, and wants A again with a timeout
    recursive.py:18  <module>  outer()
  > recursive.py:9   outer     with lock:                                holds A
    recursive.py:10  outer     inner()
  > recursive.py:14  inner     if lock.acquire(timeout=0.001):           wants A

  MainThread
  ----------
  lock(A);
  lock(A);

 *** STALL ***

warning, stall: the wait has a timeout: not for ever, but that long
fix     do not take it twice, or use an RLock, which its holder may take again
accept  suppress = ["recursive: recursive.py:* lock  # why"]
more    lockdep explain recursive     --style kernel     --frames all
lockdep: 0 errors, 1 warning
"""
