"""Three locks in a ring, the last wait with a timeout; then without."""

import threading

a = threading.Lock()
b = threading.Lock()
c = threading.Lock()


def two(first, second):
    with first:
        with second:
            pass


two(a, b)
two(b, c)
with c:
    if a.acquire(timeout=1):
        a.release()
two(c, a)


COMPILED_ONLY = True
EXPECTED = """\

======================================================
WARNING: possible circular locking dependency detected
Python VERSION SYSTEM [f88c3d61912a]
------------------------------------------------------
thread MainThread is trying to acquire lock with a timeout:
  (ring.py:5 a){+.+.}-{4:4} [Lock]

but it is already holding lock:
  (ring.py:7 c){+.+.}-{4:4} [Lock]

which lock already depends on the new lock.


the existing dependency chain (in reverse order) is:

-> #2 (ring.py:7 c){+.+.}-{4:4} --> (ring.py:5 a){+.+.}-{4:4}: MainThread
   held ring.py:7 c, taken at:
      ring.py:18 in <module>
        with c:
   to acquire ring.py:5 a with a timeout at:
      ring.py:19 in <module>
        if a.acquire(timeout=1):

-> #1 (ring.py:6 b){+.+.}-{4:4} --> (ring.py:7 c){+.+.}-{4:4}: MainThread
   held ring.py:6 b, taken at:
      ring.py:11 in two
        with first:
      ring.py:17 in <module>
        two(b, c)
   to acquire ring.py:7 c at:
      ring.py:12 in two
        with second:
      ring.py:17 in <module>
        two(b, c)

-> #0 (ring.py:5 a){+.+.}-{4:4} --> (ring.py:6 b){+.+.}-{4:4}: MainThread
   held ring.py:5 a, taken at:
      ring.py:11 in two
        with first:
      ring.py:16 in <module>
        two(a, b)
   to acquire ring.py:6 b at:
      ring.py:12 in two
        with second:
      ring.py:16 in <module>
        two(a, b)

other info that might help us debug this:

Chain exists of:
  ring.py:5 a --> ring.py:6 b --> ring.py:7 c --> ring.py:5 a

 Possible unsafe locking scenario:

  thread 0             thread 1             thread 2
  --------             --------             --------
  lock(ring.py:5 a);
                       lock(ring.py:6 b);
                                            lock(ring.py:7 c);
  lock(ring.py:6 b);
                       lock(ring.py:7 c);
                                            lock(ring.py:5 a);

 *** STALL ***

1 lock held by MainThread:
 #0: (ring.py:7 c){+.+.}-{4:4}, at: ring.py:18 in <module>

stack backtrace:
      ring.py:19 in <module>
        if a.acquire(timeout=1):

evidence: stall (warning): one of the waits has a timeout: not for ever, but that long

======================================================
WARNING: possible circular locking dependency detected
Python VERSION SYSTEM [f88c3d61912a]
------------------------------------------------------
thread MainThread is trying to acquire lock:
  (ring.py:5 a){+.+.}-{4:4} [Lock]

but it is already holding lock:
  (ring.py:7 c){+.+.}-{4:4} [Lock]

which lock already depends on the new lock.


the existing dependency chain (in reverse order) is:

-> #2 (ring.py:7 c){+.+.}-{4:4} --> (ring.py:5 a){+.+.}-{4:4}: MainThread
   held ring.py:7 c, taken at:
      ring.py:11 in two
        with first:
      ring.py:21 in <module>
        two(c, a)
   to acquire ring.py:5 a at:
      ring.py:12 in two
        with second:
      ring.py:21 in <module>
        two(c, a)

-> #1 (ring.py:6 b){+.+.}-{4:4} --> (ring.py:7 c){+.+.}-{4:4}: MainThread
   held ring.py:6 b, taken at:
      ring.py:11 in two
        with first:
      ring.py:17 in <module>
        two(b, c)
   to acquire ring.py:7 c at:
      ring.py:12 in two
        with second:
      ring.py:17 in <module>
        two(b, c)

-> #0 (ring.py:5 a){+.+.}-{4:4} --> (ring.py:6 b){+.+.}-{4:4}: MainThread
   held ring.py:5 a, taken at:
      ring.py:11 in two
        with first:
      ring.py:16 in <module>
        two(a, b)
   to acquire ring.py:6 b at:
      ring.py:12 in two
        with second:
      ring.py:16 in <module>
        two(a, b)

other info that might help us debug this:

Chain exists of:
  ring.py:5 a --> ring.py:6 b --> ring.py:7 c --> ring.py:5 a

 Possible unsafe locking scenario:

  thread 0             thread 1             thread 2
  --------             --------             --------
  lock(ring.py:5 a);
                       lock(ring.py:6 b);
                                            lock(ring.py:7 c);
  lock(ring.py:6 b);
                       lock(ring.py:7 c);
                                            lock(ring.py:5 a);

 *** DEADLOCK ***

1 lock held by MainThread:
 #0: (ring.py:7 c){+.+.}-{4:4}, at: ring.py:11 in two

stack backtrace:
      ring.py:12 in two
        with second:
      ring.py:21 in <module>
        two(c, a)

evidence: potential (error): the same locks close the cycle, seen all in one thread
lockdep: 1 error, 0 warnings
"""

SHORT = """\

======================================================
WARNING: possible circular locking dependency detected            [f88c3d61912a]
------------------------------------------------------
  A  ring.py:5  a  (Lock)
  B  ring.py:6  b  (Lock)
  C  ring.py:7  c  (Lock)

MainThread took A, then B
    ring.py:16  <module>  two(a, b)
  > ring.py:11  two       with first:                                    holds A
  > ring.py:12  two       with second:                                   wants B

MainThread took B, then C
    ring.py:17  <module>  two(b, c)
  > ring.py:11  two       with first:                                    holds B
  > ring.py:12  two       with second:                                   wants C

MainThread took C, then A with a timeout
  > ring.py:18  <module>  with c:                                        holds C
  > ring.py:19  <module>  if a.acquire(timeout=1):                       wants A

  MainThread   MainThread   MainThread
  ----------   ----------   ----------
  lock(A);
               lock(B);
                            lock(C);
  lock(B);
               lock(C);
                            lock(A);

 *** STALL ***

warning, stall: one of the waits has a timeout: not for ever, but that long
fix     take the locks in one order everywhere, or release A before the other
        one is taken
accept  suppress = ["circular: ring.py:* a -> ring.py:* b  # why"]
more    lockdep explain circular     --style kernel     --frames all

====================================================
ERROR: possible circular locking dependency detected              [f88c3d61912a]
----------------------------------------------------
  A  ring.py:5  a  (Lock)
  B  ring.py:6  b  (Lock)
  C  ring.py:7  c  (Lock)

MainThread took A, then B
    ring.py:16  <module>  two(a, b)
  > ring.py:11  two       with first:                                    holds A
  > ring.py:12  two       with second:                                   wants B

MainThread took B, then C
    ring.py:17  <module>  two(b, c)
  > ring.py:11  two       with first:                                    holds B
  > ring.py:12  two       with second:                                   wants C

MainThread took C, then A
    ring.py:21  <module>  two(c, a)
  > ring.py:11  two       with first:                                    holds C
  > ring.py:12  two       with second:                                   wants A

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
accept  suppress = ["circular: ring.py:* a -> ring.py:* b  # why"]
more    lockdep explain circular     --style kernel     --frames all
lockdep: 1 error, 0 warnings
"""
