"""A lock is initialised again while it is held; another one is dropped while it is held."""

from lockdep import runtime
from lockdep.fastpath import ExclusiveLock
from lockdep.wait_types import Traits


class Mutex(ExclusiveLock):
    traits = Traits()


class Session:
    def __init__(self):
        self.lock = Mutex()

    def restart(self):
        self.lock.acquire()
        self.lock.init()


def drop():
    lock = Mutex()
    lock.acquire()


Session().restart()
drop()
runtime.validator().collect()


SHOWS = {"HeldLockFreed": "is initialising a lock again, still held by MainThread!"}
EXPECTED = """\

=========================
WARNING: held lock freed!
Python VERSION SYSTEM [1e9e925f5f10]
-------------------------
thread MainThread is initialising a lock again, still held by MainThread!
  (freed.py:14 self.lock){+.+.}-{4:4} [Mutex]

other info that might help us debug this:
1 lock held by MainThread:
 #0: (freed.py:14 self.lock){+.+.}-{4:4}, at: freed.py:17 in Session.restart

stack backtrace:
      freed.py:18 in Session.restart
        self.lock.init()
      freed.py:26 in <module>
        Session().restart()

evidence: certain (error): whoever holds it will release another lock

=========================
WARNING: held lock freed!
Python VERSION SYSTEM [648a07316493]
-------------------------
thread MainThread noticed that a lock was collected, still held by MainThread!
  (freed.py:22 lock){+.+.}-{4:4} [Mutex]

other info that might help us debug this:
1 lock held by MainThread:
 #0: (freed.py:22 lock){+.+.}-{4:4}, at: freed.py:23 in drop

stack backtrace:
      freed.py:28 in <module>
        runtime.validator().collect()

evidence: certain (error): the last reference to a held lock is gone
lockdep: 2 errors, 0 warnings
"""

SHORT_COMPILED_ONLY = True
SHORT = """\

=======================
ERROR: held lock freed!                                           [1e9e925f5f10]
-----------------------
  A  freed.py:14  self.lock  (Mutex)

MainThread initialises A again, while it holds it
    freed.py:26  <module>         Session().restart()
  > freed.py:17  Session.restart  self.lock.acquire()                    holds A
  > freed.py:18  Session.restart  self.lock.init()                       frees A

error, certain: whoever holds it will release another lock
fix     release A first
accept  suppress = ["freed: freed.py:* self.lock  # why"]
more    lockdep explain freed     --style kernel     --frames all

=======================
ERROR: held lock freed!                                           [648a07316493]
-----------------------
  A  freed.py:22  lock  (Mutex)

A was collected while MainThread held it, as MainThread noticed
    freed.py:27  <module>  drop()
  > freed.py:23  drop      lock.acquire()                                holds A
  > freed.py:28  <module>  runtime.validator().collect()                 notices

error, certain: the last reference to a held lock is gone
fix     release A first
accept  suppress = ["freed: freed.py:* lock  # why"]
more    lockdep explain freed     --style kernel     --frames all
lockdep: 2 errors, 0 warnings
"""
