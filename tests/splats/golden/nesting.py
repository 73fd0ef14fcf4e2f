"""Two locks of one class with no order between them, then against the order that a callback gives."""

import lockdep
from lockdep.fastpath import ExclusiveLock
from lockdep.wait_types import Traits


class Mutex(ExclusiveLock):
    traits = Traits()


class Node:
    def __init__(self, depth, lock):
        self.depth = depth
        self.lock = lock


def lock_both(first, second):
    with first.lock:
        with second.lock:
            pass


def compare(held, new):
    return DEPTHS[held] - DEPTHS[new]


def describe(lock):
    return f"depth {DEPTHS[lock]}"


plain = [Node(depth, Mutex("node.lock")) for depth in range(2)]
lock_both(*plain)

ordered = [Node(depth, Mutex("ordered.lock")) for depth in range(2)]
DEPTHS = {node.lock: node.depth for node in ordered}
for node in ordered:
    lockdep.set_order(node.lock, compare, describe)
lock_both(*ordered)
lock_both(*reversed(ordered))


SHOWS = {"Recursion": "and the lock comparison function returns 1:"}
EXPECTED = """\

============================================
WARNING: possible recursive locking detected
Python VERSION SYSTEM [676524420219]
--------------------------------------------
thread MainThread is trying to acquire lock:
  (node.lock){+.+.}-{4:4} [Mutex]

but it is already holding lock:
  (node.lock){+.+.}-{4:4} [Mutex]

which is another lock of its class, taken at:
      nesting.py:19 in lock_both
        with first.lock:
      nesting.py:33 in <module>
        lock_both(*plain)

other info that might help us debug this:
 Possible unsafe locking scenario:

  thread 0
  --------
  lock(node.lock);
  lock(node.lock);

 *** DEADLOCK ***

 May be due to missing lock nesting notation

1 lock held by MainThread:
 #0: (node.lock){+.+.}-{4:4}, at: nesting.py:19 in lock_both

stack backtrace:
      nesting.py:20 in lock_both
        with second.lock:
      nesting.py:33 in <module>
        lock_both(*plain)

evidence: potential (error): judged by classes, as the kernel does: whatever their instances

============================================
WARNING: possible recursive locking detected
Python VERSION SYSTEM [59916ab4abb0]
--------------------------------------------
thread MainThread is trying to acquire lock:
  (ordered.lock){+.+.}-{4:4} [Mutex]
    depth 0

but it is already holding lock:
  (ordered.lock){+.+.}-{4:4} [Mutex]
    depth 1
and the lock comparison function returns 1:

which is another lock of its class, taken at:
      nesting.py:19 in lock_both
        with first.lock:
      nesting.py:40 in <module>
        lock_both(*reversed(ordered))

other info that might help us debug this:
 Possible unsafe locking scenario:

  thread 0
  --------
  lock(ordered.lock);
  lock(ordered.lock);

 *** DEADLOCK ***

 May be due to missing lock nesting notation

1 lock held by MainThread:
 #0: (ordered.lock){+.+.}-{4:4}, at: nesting.py:19 in lock_both

stack backtrace:
      nesting.py:20 in lock_both
        with second.lock:
      nesting.py:40 in <module>
        lock_both(*reversed(ordered))

evidence: potential (error): judged by classes, as the kernel does: whatever their instances
lockdep: 2 errors, 0 warnings
"""

SHORT = """\

==========================================
ERROR: possible recursive locking detected                        [676524420219]
------------------------------------------
  A  node.lock  (Mutex)

MainThread holds A, and wants A of another object of the same class
    nesting.py:33  <module>   lock_both(*plain)
  > nesting.py:19  lock_both  with first.lock:                           holds A
  > nesting.py:20  lock_both  with second.lock:                          wants A

  MainThread
  ----------
  lock(A);
  lock(A);

 *** DEADLOCK ***

error, potential: judged by classes, as the kernel does: whatever their
        instances
fix     do not take it twice; if such locks have an order, declare it
        (subclass=, nest=, set_order)
accept  suppress = ["recursive: node.lock  # why"]
more    lockdep explain recursive     --style kernel     --frames all

==========================================
ERROR: possible recursive locking detected                        [59916ab4abb0]
------------------------------------------
  A  ordered.lock  (Mutex)

MainThread holds A, and wants A of another object of the same class
    nesting.py:40  <module>   lock_both(*reversed(ordered))
  > nesting.py:19  lock_both  with first.lock:                           holds A
  > nesting.py:20  lock_both  with second.lock:                          wants A

  MainThread
  ----------
  lock(A);
  lock(A);

 *** DEADLOCK ***

error, potential: judged by classes, as the kernel does: whatever their
        instances
fix     do not take it twice; if such locks have an order, declare it
        (subclass=, nest=, set_order)
accept  suppress = ["recursive: ordered.lock  # why"]
more    lockdep explain recursive     --style kernel     --frames all
lockdep: 2 errors, 0 warnings
"""
