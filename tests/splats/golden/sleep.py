"""Code that may sleep, called under a spinlock, with preemption off, and in a handler."""

import lockdep
from lockdep.contexts import simulated
from lockdep.fastpath import ExclusiveLock
from lockdep.wait_types import CONFIG, Traits


class SpinLock(ExclusiveLock):
    traits = Traits(inner=CONFIG)


registers = SpinLock("registers")


def allocate():
    lockdep.might_sleep()


def grow():
    with registers:
        allocate()


def handle_interrupt():
    simulated.hardirq_enter()
    lockdep.might_sleep()
    simulated.hardirq_exit()


def unpreempted():
    simulated.preempt_disable()
    lockdep.might_sleep()
    simulated.preempt_enable()


grow()
handle_interrupt()
unpreempted()


SHOWS = {"AtomicSleep": "BUG: sleeping function called from invalid context at sleep.py:17"}
EXPECTED = """\

=================================================================
BUG: sleeping function called from invalid context at sleep.py:17
Python VERSION SYSTEM [dee819199909]
-----------------------------------------------------------------
in_atomic(): 1, irqs_disabled(): 0, name: MainThread
nothing may sleep here, because of:
  held lock (registers){+.+.}-{3:3}

1 lock held by MainThread:
 #0: (registers){+.+.}-{3:3}, at: sleep.py:21 in grow

stack backtrace:
      sleep.py:17 in allocate
        lockdep.might_sleep()
      sleep.py:22 in grow
        allocate()
      sleep.py:37 in <module>
        grow()

evidence: certain (error): nothing may sleep here

=================================================================
BUG: sleeping function called from invalid context at sleep.py:27
Python VERSION SYSTEM [9c8d6b7b71ab]
-----------------------------------------------------------------
in_atomic(): 1, irqs_disabled(): 1, name: MainThread
nothing may sleep here, because of:
  hardirq handler, depth 1

irq event stamp: 1
hardirqs last  enabled at (0): never
hardirqs last disabled at (1): sleep.py:26 in handle_interrupt
softirqs last  enabled at (0): never
softirqs last disabled at (0): never
no locks held by MainThread.

stack backtrace:
      sleep.py:27 in handle_interrupt
        lockdep.might_sleep()
      sleep.py:38 in <module>
        handle_interrupt()

evidence: certain (error): nothing may sleep here

=================================================================
BUG: sleeping function called from invalid context at sleep.py:33
Python VERSION SYSTEM [a6d2c2df8a6b]
-----------------------------------------------------------------
in_atomic(): 1, irqs_disabled(): 0, name: MainThread
nothing may sleep here, because of:
  preemption off, depth 1

irq event stamp: 2
hardirqs last  enabled at (2): sleep.py:28 in handle_interrupt
hardirqs last disabled at (1): sleep.py:26 in handle_interrupt
softirqs last  enabled at (0): never
softirqs last disabled at (0): never
no locks held by MainThread.

stack backtrace:
      sleep.py:33 in unpreempted
        lockdep.might_sleep()
      sleep.py:39 in <module>
        unpreempted()

evidence: certain (error): nothing may sleep here
lockdep: 3 errors, 0 warnings
"""

SHORT = """\

=================================================================
BUG: sleeping function called from invalid context at sleep.py:17 [dee819199909]
-----------------------------------------------------------------
  A  registers  (SpinLock)  {+.+.}-{3:3}

MainThread may sleep here, where nothing may: under A
    sleep.py:37  <module>  grow()
  > sleep.py:21  grow      with registers:                               holds A
    sleep.py:22  grow      allocate()
  > sleep.py:17  allocate  lockdep.might_sleep()                          sleeps

error, certain: nothing may sleep here
fix     move the call to where sleeping is allowed
accept  suppress = ["sleep: registers  # why"]
more    lockdep explain sleep     --style kernel     --frames all

=================================================================
BUG: sleeping function called from invalid context at sleep.py:27 [9c8d6b7b71ab]
-----------------------------------------------------------------
interrupts were last switched off here
    sleep.py:38  <module>          handle_interrupt()
    sleep.py:26  handle_interrupt  simulated.hardirq_enter()

MainThread may sleep here, where nothing may: hardirq handler, depth 1
    sleep.py:38  <module>          handle_interrupt()
  > sleep.py:27  handle_interrupt  lockdep.might_sleep()                  sleeps

error, certain: nothing may sleep here
fix     move the call to where sleeping is allowed
accept  suppress = ["sleep: sleep.py:* in handle_interrupt  # why"]
more    lockdep explain sleep     --style kernel     --frames all

=================================================================
BUG: sleeping function called from invalid context at sleep.py:33 [a6d2c2df8a6b]
-----------------------------------------------------------------
interrupts were last switched on here
    sleep.py:38  <module>          handle_interrupt()
    sleep.py:28  handle_interrupt  simulated.hardirq_exit()

MainThread may sleep here, where nothing may: preemption off, depth 1
    sleep.py:39  <module>     unpreempted()
  > sleep.py:33  unpreempted  lockdep.might_sleep()                       sleeps

error, certain: nothing may sleep here
fix     move the call to where sleeping is allowed
accept  suppress = ["sleep: sleep.py:* in unpreempted  # why"]
more    lockdep explain sleep     --style kernel     --frames all
lockdep: 3 errors, 0 warnings
"""
