"""A thread, and then a work item, is waited for under a lock that it took."""

import threading
from concurrent.futures import ThreadPoolExecutor

lock = threading.Lock()
ended = threading.Event()


def work():
    with lock:
        pass


def announce():
    work()
    ended.set()


thread = threading.Thread(target=announce, name="worker")
thread.start()
ended.wait()
with lock:
    thread.join()

with ThreadPoolExecutor(1, thread_name_prefix="pool") as pool:
    future = pool.submit(work)
    pool.submit(ended.clear)
    pool.submit(print).result()
    with lock:
        future.result()


SHOWS = {"JoinWhileHolding": "and what it waits for took that lock"}
COMPILED_ONLY = True
EXPECTED = """\

=======================================================================
WARNING: possible deadlock: waiting for a thread that takes a held lock
Python VERSION SYSTEM [60c15faf7896]
-----------------------------------------------------------------------
thread MainThread waits for:
  worker [thread:join.py:20]

while it is holding lock:
  (join.py:6 lock){+.+.}-{4:4} [Lock]
 taken at:
      join.py:23 in <module>
        with lock:

and what it waits for took that lock at:
      join.py:11 in work
        with lock:
      join.py:16 in announce
        work()

other info that might help us debug this:
 Possible unsafe locking scenario:

  thread 0                   thread 1
  --------                   --------
  lock(join.py:6 lock);
                             [worker]
  join(thread:join.py:20);
                             lock(join.py:6 lock);

 *** DEADLOCK ***

1 lock held by MainThread:
 #0: (join.py:6 lock){+.+.}-{4:4}, at: join.py:23 in <module>

stack backtrace:
      join.py:24 in <module>
        thread.join()

evidence: potential (error): the same lock is held by the waiter and taken by what it waits for

=======================================================================
WARNING: possible deadlock: waiting for a thread that takes a held lock
Python VERSION SYSTEM [41399e362af9]
-----------------------------------------------------------------------
thread MainThread waits for:
  work item work [task:join.py:10]

while it is holding lock:
  (join.py:6 lock){+.+.}-{4:4} [Lock]
 taken at:
      join.py:30 in <module>
        with lock:

and what it waits for took that lock at:
      join.py:11 in work
        with lock:

other info that might help us debug this:
 Possible unsafe locking scenario:

  thread 0                 thread 1
  --------                 --------
  lock(join.py:6 lock);
                           [work item work]
  join(task:join.py:10);
                           lock(join.py:6 lock);

 *** DEADLOCK ***

1 lock held by MainThread:
 #0: (join.py:6 lock){+.+.}-{4:4}, at: join.py:30 in <module>

stack backtrace:
      join.py:31 in <module>
        future.result()

evidence: potential (error): the same lock is held by the waiter and taken by what it waits for
lockdep: 2 errors, 0 warnings
"""

SHORT = """\

=====================================================================
ERROR: possible deadlock: waiting for a thread that takes a held lock
----------------------------------------------------------------- [60c15faf7896]
  A  join.py:6  lock  (Lock)

MainThread holds A, and waits for worker [thread:join.py:20]
  > join.py:23  <module>  with lock:                                     holds A
  > join.py:24  <module>  thread.join()                                    waits

worker takes A
    join.py:16  announce  work()
  > join.py:11  work      with lock:                                     wants A

  MainThread   worker
  ----------   ------
  lock(A);
               ...
  wait;
               lock(A);

 *** DEADLOCK ***

error, potential: the same lock is held by the waiter and taken by what it waits
        for
fix     release A before the wait
accept  suppress = ["join: join.py:* lock -> thread:join.py:*  # why"]
more    lockdep explain join     --style kernel     --frames all

=====================================================================
ERROR: possible deadlock: waiting for a thread that takes a held lock
----------------------------------------------------------------- [41399e362af9]
  A  join.py:6  lock  (Lock)

MainThread holds A, and waits for work item work [task:join.py:10]
  > join.py:30  <module>  with lock:                                     holds A
  > join.py:31  <module>  future.result()                                  waits

work item work takes A
  > join.py:11  work  with lock:                                         wants A

  MainThread       work item work
  ----------       --------------
  lock(A);
                   ...
  wait;
                   lock(A);

 *** DEADLOCK ***

error, potential: the same lock is held by the waiter and taken by what it waits
        for
fix     release A before the wait
accept  suppress = ["join: join.py:* lock -> task:join.py:*  # why"]
more    lockdep explain join     --style kernel     --frames all
lockdep: 2 errors, 0 warnings
"""
