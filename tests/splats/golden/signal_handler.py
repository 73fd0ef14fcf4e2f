"""A signal handler puts into a queue that the main thread reads."""

import os
import queue
import signal


class Service:
    def __init__(self):
        self.jobs = queue.Queue()

    def on_signal(self, signum, _frame):
        self.jobs.put(signum)

    def run(self):
        while self.jobs.get():
            pass


service = Service()
signal.signal(signal.SIGUSR1, service.on_signal)
service.jobs.put(1)
os.kill(os.getpid(), signal.SIGUSR1)
service.jobs.put(0)
service.run()


SHOWS = {"InconsistentState": "inconsistent {SIGNAL-ON-W} -> {IN-SIGNAL-W} usage."}
EXPECTED = """\

================================
WARNING: inconsistent lock state
Python VERSION SYSTEM [f69b07c575e5]
--------------------------------
inconsistent {SIGNAL-ON-W} -> {IN-SIGNAL-W} usage.
thread MainThread [HC0[0]:SC0[0]:GC1[1]:HE1:SE1:GE0] takes:
  (queue.Queue.mutex made at signal_handler.py:10){+.+.?.}-{4:4} [Lock]
{SIGNAL-ON-W} state was registered at:
      signal_handler.py:22 in <module>
        service.jobs.put(1)

other info that might help us debug this:
 Possible unsafe locking scenario:

  thread 0
  --------
  lock(queue.Queue.mutex made at signal_handler.py:10);
  <Signal>
    lock(queue.Queue.mutex made at signal_handler.py:10);

 *** DEADLOCK ***

 The lock is taken by the handler of SIGUSR1.
 A signal handler can run between any two bytecodes of the main thread, also while that holds this lock; then the
 handler waits for its own thread, for ever. Let the handler set a flag or write to a pipe, or block the signal with
 signal.pthread_sigmask wherever the lock is held.

This interrupted the code at:
      signal_handler.py:23 in <module>
        os.kill(os.getpid(), signal.SIGUSR1)

no locks held by MainThread.

stack backtrace:
      signal_handler.py:13 in Service.on_signal
        self.jobs.put(signum)
      signal_handler.py:23 in <module>
        os.kill(os.getpid(), signal.SIGUSR1)

evidence: potential (error): the same lock is taken inside the handler and by the code that it interrupts
lockdep: 1 error, 0 warnings
"""

SHORT = """\

==============================
ERROR: inconsistent lock state                                    [f69b07c575e5]
------------------------------
  A  queue.Queue.mutex made at signal_handler.py:10  (Lock)  {+.+.?.}-{4:4}

ordinary code holds A while signals can come
  > signal_handler.py:22  <module>  service.jobs.put(1)                  holds A

the handler of SIGUSR1 takes A
    signal_handler.py:23  <module>           os.kill(os.getpid(), signal.SIGU...
  > signal_handler.py:13  Service.on_signal  self.jobs.put(signum)       wants A

  MainThread
  ----------
  lock(A);
  <Signal>
    lock(A);

 *** DEADLOCK ***

error, potential: the same lock is taken inside the handler and by the code that
        it interrupts
why     a signal handler can run between any two bytecodes of the main thread,
        also while that holds this lock; then the handler waits for its own
        thread, for ever
fix     let the handler set a flag or write to a pipe, or block the signal with
        signal.pthread_sigmask wherever the lock is held
accept  suppress = ["usage: queue.Queue.mutex made at signal_handler.py:*  # why"]
more    lockdep explain usage     --style kernel     --frames all
lockdep: 1 error, 0 warnings
"""
