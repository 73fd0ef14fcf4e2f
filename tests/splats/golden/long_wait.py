"""A thread waits under a lock that another one wants which holds what the signaller needs."""

import threading

held, needed = threading.Lock(), threading.Lock()
ready = threading.Event()


def announce():
    with needed:
        ready.set()


def take_both():
    with needed, held:
        pass


def wait():
    with held:
        ready.wait()


for work in announce, take_both:
    thread = threading.Thread(target=work, name=work.__name__)
    thread.start()
    thread.join()

ready.clear()
thread = threading.Thread(target=wait, name="waiter", daemon=True)
thread.start()
thread.join(0.5)


SHOWS = {"WaitWhileHolding": "from which others come to the lock that is held"}
COMPILED_ONLY = True
EXPECTED = """\

=======================================================================
WARNING: possible deadlock: waiting for a signal that needs a held lock
Python VERSION SYSTEM [22c242cd225f]
-----------------------------------------------------------------------
thread waiter waits for an event:
  event:long_wait.py:6

while it is holding lock:
  (long_wait.py:5 held){+.+.}-{4:4} [Lock]
 taken at:
      long_wait.py:20 in wait
        with held:

and announce held lock long_wait.py:5 needed when it signalled, taken at:
      long_wait.py:10 in announce
        with needed:

it signalled at:
      long_wait.py:11 in announce
        ready.set()

from which others come to the lock that is held:

-> #0 (long_wait.py:5 needed){+.+.}-{4:4} --> (long_wait.py:5 held){+.+.}-{4:4}: take_both
   held long_wait.py:5 needed, taken at:
      long_wait.py:15 in take_both
        with needed, held:
   to acquire long_wait.py:5 held at:
      long_wait.py:15 in take_both
        with needed, held:

other info that might help us debug this:
 Possible unsafe locking scenario:

  thread 0                        thread 1                        thread 2
  --------                        --------                        --------
  lock(long_wait.py:5 held);
                                  lock(long_wait.py:5 needed);
                                                                  [announce]
  wait(event:long_wait.py:6);
                                  lock(long_wait.py:5 held);
                                                                  lock(long_wait.py:5 needed);
                                                                  signal(event:long_wait.py:6);

 *** DEADLOCK ***

1 lock held by waiter:
 #0: (long_wait.py:5 held){+.+.}-{4:4}, at: long_wait.py:20 in wait

stack backtrace:
      long_wait.py:21 in wait
        ready.wait()

evidence: potential (error): whoever has signalled it held a lock under which others want the one that the waiter holds
lockdep: 1 error, 0 warnings
"""

SHORT = """\

=====================================================================
ERROR: possible deadlock: waiting for a signal that needs a held lock
----------------------------------------------------------------- [22c242cd225f]
  A  long_wait.py:5  held    (Lock)
  B  long_wait.py:5  needed  (Lock)

waiter holds A, and waits for an event [event:long_wait.py:6]
  > long_wait.py:20  wait  with held:                                    holds A
  > long_wait.py:21  wait  ready.wait()                                    waits

take_both took B, then A
  > long_wait.py:15  take_both  with needed, held:              holds B, wants A

announce takes B before it signals
  > long_wait.py:10  announce  with needed:                              wants B
  > long_wait.py:11  announce  ready.set()                               signals

  waiter      take_both   announce
  ------      ---------   --------
  lock(A);
              lock(B);
                          ...
  wait;
              lock(A);
                          lock(B);
                          signal;

 *** DEADLOCK ***

error, potential: whoever has signalled it held a lock under which others want
        the one that the waiter holds
fix     release A before the wait, or signal without B
accept  suppress = ["wait: long_wait.py:* held -> event:long_wait.py:*  # why"]
more    lockdep explain wait     --style kernel     --frames all
lockdep: 1 error, 0 warnings
"""
