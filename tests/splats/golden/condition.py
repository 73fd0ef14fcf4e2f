"""A thread waits for an event under a lock that the thread which sets it needs; another one waits so for some time."""

import threading

lock = threading.Lock()
ready = threading.Event()
turn = threading.Condition()


def announce():
    with lock:
        ready.set()


def call():
    with lock, turn:
        turn.notify_all()


def wait():
    with lock:
        ready.wait()


for work in announce, call:
    thread = threading.Thread(target=work, name=work.__name__)
    thread.start()
    thread.join()

with lock, turn:
    turn.wait(0.01)

ready.clear()
thread = threading.Thread(target=wait, name="waiter", daemon=True)
thread.start()
thread.join(0.5)


SHOWS = {"WaitWhileHolding": "held that lock when it signalled"}
COMPILED_ONLY = True
EXPECTED = """\

=======================================================================
WARNING: possible deadlock: waiting for a signal that needs a held lock
Python VERSION SYSTEM [eaa683f123d8]
-----------------------------------------------------------------------
thread MainThread waits with a timeout for a condition:
  event:condition.py:7 turn

while it is holding lock:
  (condition.py:5 lock){+.+.}-{4:4} [Lock]
 taken at:
      condition.py:30 in <module>
        with lock, turn:

and call held that lock when it signalled, taken at:
      condition.py:16 in call
        with lock, turn:

it signalled at:
      condition.py:17 in call
        turn.notify_all()

other info that might help us debug this:
 Possible unsafe locking scenario:

  thread 0                             thread 1
  --------                             --------
  lock(condition.py:5 lock);
                                       [call]
  wait(event:condition.py:7 turn);
                                       lock(condition.py:5 lock);
                                       signal(event:condition.py:7 turn);

 *** STALL ***

1 lock held by MainThread:
 #0: (condition.py:5 lock){+.+.}-{4:4}, at: condition.py:30 in <module>

stack backtrace:
      condition.py:31 in <module>
        turn.wait(0.01)

evidence: stall (warning): the wait has a timeout

=======================================================================
WARNING: possible deadlock: waiting for a signal that needs a held lock
Python VERSION SYSTEM [86c7bbc96088]
-----------------------------------------------------------------------
thread waiter waits for an event:
  event:condition.py:6

while it is holding lock:
  (condition.py:5 lock){+.+.}-{4:4} [Lock]
 taken at:
      condition.py:21 in wait
        with lock:

and announce held that lock when it signalled, taken at:
      condition.py:11 in announce
        with lock:

it signalled at:
      condition.py:12 in announce
        ready.set()

other info that might help us debug this:
 Possible unsafe locking scenario:

  thread 0                        thread 1
  --------                        --------
  lock(condition.py:5 lock);
                                  [announce]
  wait(event:condition.py:6);
                                  lock(condition.py:5 lock);
                                  signal(event:condition.py:6);

 *** DEADLOCK ***

1 lock held by waiter:
 #0: (condition.py:5 lock){+.+.}-{4:4}, at: condition.py:21 in wait

stack backtrace:
      condition.py:22 in wait
        ready.wait()

evidence: potential (error): whoever has signalled it held the lock that the waiter holds
lockdep: 1 error, 1 warning
"""

SHORT = """\

=======================================================================
WARNING: possible deadlock: waiting for a signal that needs a held lock
----------------------------------------------------------------- [eaa683f123d8]
  A  condition.py:5  lock  (Lock)

MainThread holds A, and waits for a condition [event:condition.py:7 turn] with a
  timeout
  > condition.py:30  <module>  with lock, turn:                          holds A
  > condition.py:31  <module>  turn.wait(0.01)                             waits

call takes A before it signals
  > condition.py:16  call  with lock, turn:                              wants A
  > condition.py:17  call  turn.notify_all()                             signals

  MainThread   call
  ----------   ----
  lock(A);
               ...
  wait;
               lock(A);
               signal;

 *** STALL ***

warning, stall: the wait has a timeout
fix     release A before the wait, or signal without it
accept  suppress = ["wait: condition.py:* lock -> event:condition.py:* turn  # why"]
more    lockdep explain wait     --style kernel     --frames all

=====================================================================
ERROR: possible deadlock: waiting for a signal that needs a held lock
----------------------------------------------------------------- [86c7bbc96088]
  A  condition.py:5  lock  (Lock)

waiter holds A, and waits for an event [event:condition.py:6]
  > condition.py:21  wait  with lock:                                    holds A
  > condition.py:22  wait  ready.wait()                                    waits

announce takes A before it signals
  > condition.py:11  announce  with lock:                                wants A
  > condition.py:12  announce  ready.set()                               signals

  waiter     announce
  ------     --------
  lock(A);
             ...
  wait;
             lock(A);
             signal;

 *** DEADLOCK ***

error, potential: whoever has signalled it held the lock that the waiter holds
fix     release A before the wait, or signal without it
accept  suppress = ["wait: condition.py:* lock -> event:condition.py:*  # why"]
more    lockdep explain wait     --style kernel     --frames all
lockdep: 1 error, 1 warning
"""
