"""Two cycles through one dependency: the second is told in short."""

import threading

hub = threading.RLock()
left = threading.Lock()
right = threading.Lock()


def two(first, second):
    with first:
        with second:
            pass


two(hub, left)
two(left, hub)
two(left, right)
two(right, hub)


EXPECTED = """\

======================================================
WARNING: possible circular locking dependency detected
Python VERSION SYSTEM [872f128daec9]
------------------------------------------------------
thread MainThread is trying to acquire lock:
  (story.py:5 hub){+.+.}-{4:4} [RLock]

but it is already holding lock:
  (story.py:6 left){+.+.}-{4:4} [Lock]

which lock already depends on the new lock.


the existing dependency chain (in reverse order) is:

-> #1 (story.py:6 left){+.+.}-{4:4} --> (story.py:5 hub){+.+.}-{4:4}: MainThread
   held story.py:6 left, taken at:
      story.py:11 in two
        with first:
      story.py:17 in <module>
        two(left, hub)
   to acquire story.py:5 hub at:
      story.py:12 in two
        with second:
      story.py:17 in <module>
        two(left, hub)

-> #0 (story.py:5 hub){+.+.}-{4:4} --> (story.py:6 left){+.+.}-{4:4}: MainThread
   held story.py:5 hub, taken at:
      story.py:11 in two
        with first:
      story.py:16 in <module>
        two(hub, left)
   to acquire story.py:6 left at:
      story.py:12 in two
        with second:
      story.py:16 in <module>
        two(hub, left)

other info that might help us debug this:

Chain exists of:
  story.py:5 hub --> story.py:6 left --> story.py:5 hub

 Possible unsafe locking scenario:

  thread 0                 thread 1
  --------                 --------
  lock(story.py:5 hub);
                           lock(story.py:6 left);
  lock(story.py:6 left);
                           lock(story.py:5 hub);

 *** DEADLOCK ***

1 lock held by MainThread:
 #0: (story.py:6 left){+.+.}-{4:4}, at: story.py:11 in two

stack backtrace:
      story.py:12 in two
        with second:
      story.py:17 in <module>
        two(left, hub)

evidence: potential (error): the same locks close the cycle, seen all in one thread

======================================================
WARNING: possible circular locking dependency detected
Python VERSION SYSTEM [8595a80000b4]
------------------------------------------------------
another cycle through a dependency already reported:


-> #0 (story.py:5 hub){+.+.}-{4:4} --> (story.py:6 left){+.+.}-{4:4}: see there

-> #1 (story.py:6 left){+.+.}-{4:4} --> (story.py:7 right){+.+.}-{4:4}: MainThread
   held story.py:6 left, taken at:
      story.py:11 in two
        with first:
      story.py:18 in <module>
        two(left, right)
   to acquire story.py:7 right at:
      story.py:12 in two
        with second:
      story.py:18 in <module>
        two(left, right)

-> #2 (story.py:7 right){+.+.}-{4:4} --> (story.py:5 hub){+.+.}-{4:4}: MainThread
   held story.py:7 right, taken at:
      story.py:11 in two
        with first:
      story.py:19 in <module>
        two(right, hub)
   to acquire story.py:5 hub at:
      story.py:12 in two
        with second:
      story.py:19 in <module>
        two(right, hub)

evidence: potential (error): the same locks close the cycle, seen all in one thread
lockdep: 2 errors, 0 warnings
"""

SHORT = """\

====================================================
ERROR: possible circular locking dependency detected              [872f128daec9]
----------------------------------------------------
  A  story.py:5  hub   (RLock)
  B  story.py:6  left  (Lock)

MainThread took A, then B
    story.py:16  <module>  two(hub, left)
  > story.py:11  two       with first:                                   holds A
  > story.py:12  two       with second:                                  wants B

MainThread took B, then A
    story.py:17  <module>  two(left, hub)
  > story.py:11  two       with first:                                   holds B
  > story.py:12  two       with second:                                  wants A

  MainThread   MainThread
  ----------   ----------
  lock(A);
               lock(B);
  lock(B);
               lock(A);

 *** DEADLOCK ***

error, potential: the same locks close the cycle, seen all in one thread
fix     take the locks in one order everywhere, or release A before the other
        one is taken
accept  suppress = ["circular: story.py:* hub -> story.py:* left  # why"]
more    lockdep explain circular     --style kernel     --frames all

====================================================
ERROR: possible circular locking dependency detected              [8595a80000b4]
----------------------------------------------------
  A  story.py:5  hub    (RLock)
  B  story.py:6  left   (Lock)
  C  story.py:7  right  (Lock)

MainThread took A, then B (see there)

MainThread took B, then C
    story.py:18  <module>  two(left, right)
  > story.py:11  two       with first:                                   holds B
  > story.py:12  two       with second:                                  wants C

MainThread took C, then A
    story.py:19  <module>  two(right, hub)
  > story.py:11  two       with first:                                   holds C
  > story.py:12  two       with second:                                  wants A

  MainThread   MainThread   MainThread
  ----------   ----------   ----------
  lock(A);
               lock(B);
                            lock(C);
  lock(B);
               lock(C);
                            lock(A);

 *** DEADLOCK ***

error, potential: the same locks close the cycle, seen all in one thread
fix     take the locks in one order everywhere, or release A before the other
        one is taken
accept  suppress = ["circular: story.py:* hub -> story.py:* left  # why"]
more    lockdep explain circular     --style kernel     --frames all
lockdep: 2 errors, 0 warnings
"""
