"""The lock that is said to keep the order of others is not held."""

from lockdep.fastpath import ExclusiveLock
from lockdep.wait_types import Traits


class Mutex(ExclusiveLock):
    traits = Traits()


class Directory:
    def __init__(self):
        self.rename = Mutex()
        self.lock = Mutex()

    def move(self, other):
        other.lock.lock_as(nest=self.rename)
        other.lock.release()


Directory().move(Directory())


SHOWS = {"NestNotHeld": "but this thread is not holding:"}
EXPECTED = """\

==================================
WARNING: Nested lock was not taken
Python VERSION SYSTEM [0dc506e1e91d]
----------------------------------
thread MainThread is trying to lock:
  (nest.py:14 self.lock){....}-{4:4} [Mutex]

but this thread is not holding:
  (nest.py:13 self.rename){....}-{4:4} [Mutex]

which is named to keep the order of such locks when several are held.

other info that might help us debug this:
no locks held by MainThread.

stack backtrace:
      nest.py:17 in Directory.move
        other.lock.lock_as(nest=self.rename)
      nest.py:21 in <module>
        Directory().move(Directory())

evidence: potential (error): judged by classes, as the kernel does: whatever their instances
lockdep: 1 error, 0 warnings
"""

SHORT = """\

================================
ERROR: Nested lock was not taken                                  [0dc506e1e91d]
--------------------------------
  A  nest.py:14  self.lock    (Mutex)
  B  nest.py:13  self.rename  (Mutex)

MainThread takes A nested in B, but does not hold B
    nest.py:21  <module>        Directory().move(Directory())
  > nest.py:17  Directory.move  other.lock.lock_as(nest=self.rename)     wants A

error, potential: judged by classes, as the kernel does: whatever their
        instances
why     B is named to keep the order of such locks when several are held
fix     take B first
accept  suppress = ["nest: nest.py:* self.lock  # why"]
more    lockdep explain nest     --style kernel     --frames all
lockdep: 1 error, 0 warnings
"""
