"""A thread waits for an event under a lock that the thread needs which would set it."""

import contextlib
import threading

import lockdep

lockdep.install(on_deadlock="raise")
state = threading.Lock()
ready = threading.Event()
held = threading.Event()


def consume():
    with contextlib.suppress(lockdep.DeadlockError), state:
        held.set()
        ready.wait()


def produce():
    held.wait()
    with state:
        ready.set()


threads = [threading.Thread(target=work, name=work.__name__) for work in (consume, produce)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()


SHOWS = {"BlockedForEver": "threads are blocked for ever"}
COMPILED_ONLY = True
EXPECTED = """\

=================================
BUG: threads are blocked for ever
Python VERSION SYSTEM [0a76c838a6ee]
---------------------------------
1) produce waits for a lock:
  (knot.py:9 state){+.+.}-{4:4} [Lock]
 at:
      knot.py:22 in produce
        with state:
no locks held by produce.

2) consume waits for:
  an event [threading.Event._cond made at knot.py:10]
 at:
      knot.py:17 in consume
        ready.wait()
1 lock held by consume:
 #0: (knot.py:9 state){+.+.}-{4:4}, at: knot.py:15 in consume

 *** DEADLOCK ***

blocked behind them: MainThread

evidence: observed (error): two looks found the same threads in the same waits
lockdep: 1 error, 0 warnings
"""

SHORT = """\

=================================
BUG: threads are blocked for ever                                 [0a76c838a6ee]
---------------------------------
  A  knot.py:9  state  (Lock)

produce waits for A
  > knot.py:22  produce  with state:                                     wants A

consume holds A and waits for an event [threading.Event._cond made at
  knot.py:10]
  > knot.py:15  consume  with contextlib.suppress(lockdep.DeadlockEr...  holds A
  > knot.py:17  consume  ready.wait()                                      waits

blocked behind them: MainThread

 *** DEADLOCK ***

error, observed: two looks found the same threads in the same waits
fix     nobody who could end these waits goes on: wait when no lock is held that
        the others need
accept  suppress = ["deadlock: knot.py:* state  # why"]
more    lockdep explain deadlock     --style kernel     --frames all
lockdep: 1 error, 0 warnings
"""
