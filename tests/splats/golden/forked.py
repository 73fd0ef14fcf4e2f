"""A child uses a lock that a thread of its parent uses."""

import os
import threading

lock, used, end = threading.Lock(), threading.Event(), threading.Event()


def count():
    with lock:
        pass


def work():
    count()
    used.set()
    end.wait()


thread = threading.Thread(target=work, name="worker")
thread.start()
used.wait()
child = os.fork()
if child == 0:
    count()
    os._exit(0)
os.waitpid(child, 0)
end.set()
thread.join()


SHOWS = {"ForkedLock": "the process was forked at:"}
EXPECTED = """\

===============================================================================
WARNING: possible deadlock: a forked child needs a lock of its parent's threads
Python VERSION SYSTEM [9fed5d690ac9]
-------------------------------------------------------------------------------
a forked child waits for lock:
  (forked.py:6 lock){+.+.}-{4:4} [Lock]

which worker used before the fork.

the process was forked at:
      forked.py:23 in <module>
        child = os.fork()

 Possible unsafe locking scenario:

  thread 0 is worker, thread 1 forks

  thread 0                    thread 1
  --------                    --------
  lock(forked.py:6 lock);
                              fork();
                              in the child:
                                lock(forked.py:6 lock);

 *** DEADLOCK ***

 A child has only the thread that forked. A lock that another thread holds at that moment stays locked there, for
 ever. Make the lock anew in the child, take it in a `before` hook of os.register_at_fork, or fork before threads
 start.

stack backtrace:
      forked.py:10 in count
        with lock:
      forked.py:25 in <module>
        count()

evidence: potential (error): another thread of the parent uses the same lock
found in forked.py (pid PID)
lockdep: 1 error, 0 warnings in 2 processes
"""

SHORT = """\

=============================================================================
ERROR: possible deadlock: a forked child needs a lock of its parent's threads
----------------------------------------------------------------- [9fed5d690ac9]
  A  forked.py:6  lock  (Lock)

worker used A before the fork

another thread forked
  > forked.py:23  <module>  child = os.fork()                              forks

the child wants A
    forked.py:25  <module>  count()
  > forked.py:10  count     with lock:                                   wants A

  worker                  the thread that forks
  ------                  ---------------------
  lock(A);
                          fork();
                          in the child:
                            lock(A);

 *** DEADLOCK ***

error, potential: another thread of the parent uses the same lock
why     a child has only the thread that forked: what another one holds at that
        moment stays locked there, for ever
fix     make A anew in the child, take it in a `before` hook of
        os.register_at_fork, or fork before threads start
accept  suppress = ["fork: forked.py:* lock  # why"]
more    lockdep explain fork     --style kernel     --frames all
found in forked.py (pid PID)
lockdep: 1 error, 0 warnings in 2 processes
"""
