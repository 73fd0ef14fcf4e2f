"""An event is waited for with a lock held, and signalled with that lock held."""

import lockdep
from lockdep.fastpath import ExclusiveLock
from lockdep.wait_types import Traits


class Mutex(ExclusiveLock):
    traits = Traits()


class Request:
    def __init__(self):
        self.lock = Mutex("request.lock")
        self.finished = lockdep.LockMap("request.finished")

    def wait(self):
        with self.lock:
            self.finished.sync()

    def finish(self):
        with self.lock:
            self.finished.signal()


def main():
    request = Request()
    request.wait()
    request.finish()


main()


COMPILED_ONLY = True
EXPECTED = """\

======================================================
WARNING: possible circular locking dependency detected
Python VERSION SYSTEM [9221a8ce55d0]
------------------------------------------------------
thread MainThread signals what others wait for, while it is holding lock:
  (request.lock){+.+.}-{4:4} [Mutex]

and what it signals is:
  (request.finished){....}-{0:0} [LockMap]

which lock already depends on the new lock.


the existing dependency chain (in reverse order) is:

-> #1 (request.finished){....}-{0:0} --> (request.lock){+.+.}-{4:4}: MainThread
   signalled request.finished at:
      event.py:23 in Request.finish
        self.finished.signal()
      event.py:29 in main
        request.finish()
      event.py:32 in <module>
        main()
   with request.lock held

-> #0 (request.lock){+.+.}-{4:4} --> (request.finished){....}-{0:0}: MainThread
   held request.lock, taken at:
      event.py:18 in Request.wait
        with self.lock:
      event.py:28 in main
        request.wait()
      event.py:32 in <module>
        main()
   to acquire request.finished at:
      event.py:19 in Request.wait
        self.finished.sync()
      event.py:28 in main
        request.wait()
      event.py:32 in <module>
        main()

other info that might help us debug this:

Chain exists of:
  request.lock --> request.finished --> request.lock

 Possible unsafe locking scenario:

  thread 0                    thread 1
  --------                    --------
  lock(request.lock);
                              lock(request.lock);
  sync(request.finished);
                              signal(request.finished);

 *** DEADLOCK ***

1 lock held by MainThread:
 #0: (request.lock){+.+.}-{4:4}, at: event.py:22 in Request.finish

stack backtrace:
      event.py:23 in Request.finish
        self.finished.signal()
      event.py:29 in main
        request.finish()
      event.py:32 in <module>
        main()

evidence: potential (error): the same locks close the cycle, seen all in one thread
lockdep: 1 error, 0 warnings
"""

SHORT = """\

====================================================
ERROR: possible circular locking dependency detected              [9221a8ce55d0]
----------------------------------------------------
  A  request.lock      (Mutex)
  B  request.finished  (LockMap)  {....}-{0:0}

MainThread took A, then B
    event.py:32  <module>      main()
    event.py:28  main          request.wait()
  > event.py:18  Request.wait  with self.lock:                           holds A
  > event.py:19  Request.wait  self.finished.sync()                      wants B

MainThread signals B while it holds A
    event.py:32  <module>        main()
    event.py:29  main            request.finish()
  > event.py:23  Request.finish  self.finished.signal()                signals B

  MainThread   MainThread
  ----------   ----------
  lock(A);
               lock(A);
  sync(B);
               signal(B);

 *** DEADLOCK ***

error, potential: the same locks close the cycle, seen all in one thread
fix     wait when no lock is held that the other side needs, or release A first
accept  suppress = ["circular: request.lock -> request.finished  # why"]
more    lockdep explain circular     --style kernel     --frames all
lockdep: 1 error, 0 warnings
"""
