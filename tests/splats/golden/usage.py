"""A lock that an interrupt handler takes, and ordinary code with interrupts on; then one of readers and a softirq."""

from lockdep.contexts import simulated
from lockdep.fastpath import READ, DepMap, ExclusiveLock
from lockdep.wait_types import CONFIG, Traits


class SpinLock(ExclusiveLock):
    traits = Traits(inner=CONFIG)


class RWLock:
    traits = Traits(inner=CONFIG)


class Queue:
    def __init__(self):
        self.lock = SpinLock("queue.lock")
        self.table = DepMap("queue.table", RWLock)

    def handle_interrupt(self):
        simulated.hardirq_enter()
        with self.lock:
            pass
        simulated.hardirq_exit()

    def push(self):
        with self.lock:
            pass

    def look_up_in_softirq(self):
        simulated.softirq_enter()
        self.table.hold(READ)
        self.table.release()
        simulated.softirq_exit()

    def replace(self):
        simulated.local_bh_disable()
        self.table.hold()
        simulated.local_bh_enable()
        self.table.release()


queue = Queue()
queue.handle_interrupt()
queue.push()
queue.look_up_in_softirq()
queue.replace()


SHOWS = {"InconsistentState": "inconsistent {IN-HARDIRQ-W} -> {HARDIRQ-ON-W} usage."}
EXPECTED = """\

================================
WARNING: inconsistent lock state
Python VERSION SYSTEM [f3975e62d63d]
--------------------------------
inconsistent {IN-HARDIRQ-W} -> {HARDIRQ-ON-W} usage.
thread MainThread [HC0[0]:SC0[0]:HE1:SE1] takes:
  (queue.lock){?...}-{3:3} [SpinLock]
{IN-HARDIRQ-W} state was registered at:
      usage.py:23 in Queue.handle_interrupt
        with self.lock:
      usage.py:45 in <module>
        queue.handle_interrupt()
irq event stamp: 2
hardirqs last  enabled at (2): usage.py:25 in Queue.handle_interrupt
hardirqs last disabled at (1): usage.py:22 in Queue.handle_interrupt
softirqs last  enabled at (0): never
softirqs last disabled at (0): never

other info that might help us debug this:
 Possible unsafe locking scenario:

  thread 0
  --------
  lock(queue.lock);
  <Interrupt>
    lock(queue.lock);

 *** DEADLOCK ***

no locks held by MainThread.

stack backtrace:
      usage.py:28 in Queue.push
        with self.lock:
      usage.py:46 in <module>
        queue.push()

evidence: potential (error): judged by classes, as the kernel does: whatever their instances

================================
WARNING: inconsistent lock state
Python VERSION SYSTEM [d40601c7d274]
--------------------------------
inconsistent {IN-SOFTIRQ-R} -> {SOFTIRQ-ON-W} usage.
thread MainThread [HC0[0]:SC0[0]:HE1:SE1] enables interrupts while it holds:
  (queue.table){+.+-}-{3:3} [RWLock]
{IN-SOFTIRQ-R} state was registered at:
      usage.py:33 in Queue.look_up_in_softirq
        self.table.hold(READ)
      usage.py:47 in <module>
        queue.look_up_in_softirq()
irq event stamp: 6
hardirqs last  enabled at (4): usage.py:35 in Queue.look_up_in_softirq
hardirqs last disabled at (1): usage.py:22 in Queue.handle_interrupt
softirqs last  enabled at (6): usage.py:40 in Queue.replace
softirqs last disabled at (5): usage.py:38 in Queue.replace

other info that might help us debug this:
 Possible unsafe locking scenario:

  thread 0
  --------
  lock(queue.table);
  <Interrupt>
    rlock(queue.table);

 *** DEADLOCK ***

1 lock held by MainThread:
 #0: (queue.table){+.+-}-{3:3}, at: usage.py:39 in Queue.replace

stack backtrace:
      usage.py:40 in Queue.replace
        simulated.local_bh_enable()
      usage.py:48 in <module>
        queue.replace()

evidence: potential (error): judged by classes, as the kernel does: whatever their instances
lockdep: 2 errors, 0 warnings
"""

SHORT = """\

==============================
ERROR: inconsistent lock state                                    [f3975e62d63d]
------------------------------
  A  queue.lock  (SpinLock)  {?...}-{3:3}

ordinary code holds A while hardirqs can come
    usage.py:46  <module>    queue.push()
  > usage.py:28  Queue.push  with self.lock:                             holds A

a hardirq handler takes A
    usage.py:45  <module>                queue.handle_interrupt()
  > usage.py:23  Queue.handle_interrupt  with self.lock:                 wants A

  MainThread
  ----------
  lock(A);
  <Interrupt>
    lock(A);

 *** DEADLOCK ***

error, potential: judged by classes, as the kernel does: whatever their
        instances
fix     switch interrupts off wherever A is held
accept  suppress = ["usage: queue.lock  # why"]
more    lockdep explain usage     --style kernel     --frames all

==============================
ERROR: inconsistent lock state                                    [d40601c7d274]
------------------------------
  A  queue.table  (RWLock)  {+.+-}-{3:3}

MainThread enables interrupts while it holds A
    usage.py:48  <module>       queue.replace()
  > usage.py:39  Queue.replace  self.table.hold()                        holds A
  > usage.py:40  Queue.replace  simulated.local_bh_enable()              enables

a softirq handler takes A
    usage.py:47  <module>                  queue.look_up_in_softirq()
  > usage.py:33  Queue.look_up_in_softirq  self.table.hold(READ)         wants A

  MainThread
  ----------
  lock(A);
  <Interrupt>
    rlock(A);

 *** DEADLOCK ***

error, potential: judged by classes, as the kernel does: whatever their
        instances
fix     switch bottom halves off wherever A is held
accept  suppress = ["usage: queue.table  # why"]
more    lockdep explain usage     --style kernel     --frames all
lockdep: 2 errors, 0 warnings
"""
