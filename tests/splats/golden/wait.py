"""A join makes a dependency that closes a circle with another lock."""

import threading

state = threading.Lock()
output = threading.Lock()
ended = threading.Event()


def write():
    with output:
        pass
    ended.set()


def stop():
    thread = threading.Thread(target=write, name="writer")
    thread.start()
    ended.wait()
    with state:
        thread.join()


def show():
    with output:
        with state:
            pass


stop()
show()


COMPILED_ONLY = True
EXPECTED = """\

======================================================
WARNING: possible circular locking dependency detected
Python VERSION SYSTEM [b004adf9c1ba]
------------------------------------------------------
thread MainThread is trying to acquire lock:
  (wait.py:5 state){+.+.}-{4:4} [Lock]

but it is already holding lock:
  (wait.py:6 output){+.+.}-{4:4} [Lock]

which lock already depends on the new lock.


the existing dependency chain (in reverse order) is:

-> #1 (wait.py:6 output){+.+.}-{4:4} --> (wait.py:5 state){+.+.}-{4:4}: MainThread
   held wait.py:6 output, taken at:
      wait.py:25 in show
        with output:
      wait.py:31 in <module>
        show()
   to acquire wait.py:5 state at:
      wait.py:26 in show
        with state:
      wait.py:31 in <module>
        show()

-> #0 (wait.py:5 state){+.+.}-{4:4} --> (wait.py:6 output){+.+.}-{4:4}: MainThread
   held wait.py:5 state, taken at:
      wait.py:20 in stop
        with state:
      wait.py:30 in <module>
        stop()
   to wait for what takes (writer) wait.py:6 output at:
      wait.py:21 in stop
        thread.join()
      wait.py:30 in <module>
        stop()
   which took wait.py:6 output at:
      wait.py:11 in write
        with output:

other info that might help us debug this:

Chain exists of:
  wait.py:5 state --> wait.py:6 output --> wait.py:5 state

 Possible unsafe locking scenario:

  thread 0                  thread 1
  --------                  --------
  lock(wait.py:5 state);
                            lock(wait.py:6 output);
  wait(wait.py:6 output);
                            lock(wait.py:5 state);

 *** DEADLOCK ***

1 lock held by MainThread:
 #0: (wait.py:6 output){+.+.}-{4:4}, at: wait.py:25 in show

stack backtrace:
      wait.py:26 in show
        with state:
      wait.py:31 in <module>
        show()

evidence: potential (error): the same locks close the cycle, seen all in one thread
lockdep: 1 error, 0 warnings
"""

SHORT = """\

====================================================
ERROR: possible circular locking dependency detected              [b004adf9c1ba]
----------------------------------------------------
  A  wait.py:5  state   (Lock)
  B  wait.py:6  output  (Lock)

MainThread took A, then waited for writer
    wait.py:30  <module>  stop()
  > wait.py:20  stop      with state:                                    holds A
  > wait.py:21  stop      thread.join()                                    waits

writer took B
  > wait.py:11  write  with output:                                      takes B

MainThread took B, then A
    wait.py:31  <module>  show()
  > wait.py:25  show      with output:                                   holds B
  > wait.py:26  show      with state:                                    wants A

  MainThread   MainThread
  ----------   ----------
  lock(A);
               lock(B);
  wait(B);
               lock(A);

 *** DEADLOCK ***

error, potential: the same locks close the cycle, seen all in one thread
fix     wait when no lock is held that the other side needs, or release A first
accept  suppress = ["circular: wait.py:* state -> wait.py:* output  # why"]
more    lockdep explain circular     --style kernel     --frames all
lockdep: 1 error, 0 warnings
"""
