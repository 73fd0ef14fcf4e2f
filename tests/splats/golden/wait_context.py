"""A mutex where only spinning is allowed: under a spinlock, and in a handler."""

from lockdep.contexts import simulated
from lockdep.fastpath import ExclusiveLock
from lockdep.wait_types import CONFIG, SLEEP, Traits


class SpinLock(ExclusiveLock):
    traits = Traits(inner=CONFIG)


class Mutex(ExclusiveLock):
    traits = Traits(inner=SLEEP)


class Device:
    def __init__(self):
        self.registers = SpinLock()
        self.config = Mutex()
        self.statistics = Mutex()

    def reset(self):
        with self.registers:
            self.reload()

    def reload(self):
        with self.config:
            pass

    def handle_interrupt(self):
        simulated.hardirq_enter()
        with self.statistics:
            pass
        simulated.hardirq_exit()


device = Device()
device.reset()
device.handle_interrupt()


SHOWS = {"InvalidWaitContext": "[ BUG: Invalid wait context ]"}
EXPECTED = """\

=============================
[ BUG: Invalid wait context ]
Python VERSION SYSTEM [612fbdc2d24d]
-----------------------------
thread MainThread is trying to lock:
  (wait_context.py:19 self.config){....}-{4:4} [Mutex]

which can be a wait of type SLEEP (4)
where at most CONFIG (3) is allowed: under (wait_context.py:18 self.registers){+.+.}-{3:3}

other info that might help us debug this:
context-{5:5}
1 lock held by MainThread:
 #0: (wait_context.py:18 self.registers){+.+.}-{3:3}, at: wait_context.py:23 in Device.reset

stack backtrace:
      wait_context.py:27 in Device.reload
        with self.config:
      wait_context.py:24 in Device.reset
        self.reload()
      wait_context.py:38 in <module>
        device.reset()

evidence: potential (error): judged by classes, as the kernel does: whatever their instances

=============================
[ BUG: Invalid wait context ]
Python VERSION SYSTEM [2fa59edc60f5]
-----------------------------
thread MainThread is trying to lock:
  (wait_context.py:20 self.statistics){....}-{4:4} [Mutex]

which can be a wait of type SLEEP (4)
where at most CONFIG (3) is allowed: in a hardirq handler

other info that might help us debug this:
context-{3:3}
no locks held by MainThread.

stack backtrace:
      wait_context.py:32 in Device.handle_interrupt
        with self.statistics:
      wait_context.py:39 in <module>
        device.handle_interrupt()

evidence: potential (error): judged by classes, as the kernel does: whatever their instances
lockdep: 2 errors, 0 warnings
"""

SHORT = """\

=============================
[ BUG: Invalid wait context ]                                     [612fbdc2d24d]
-----------------------------
  A  wait_context.py:19  self.config     (Mutex)
  B  wait_context.py:18  self.registers  (SpinLock)  {+.+.}-{3:3}

MainThread wants A under B
    wait_context.py:38  <module>       device.reset()
  > wait_context.py:23  Device.reset   with self.registers:              holds B
    wait_context.py:24  Device.reset   self.reload()
  > wait_context.py:27  Device.reload  with self.config:                 wants A

error, potential: judged by classes, as the kernel does: whatever their
        instances
why     A can be a wait of type SLEEP (4), where at most CONFIG (3) is allowed
fix     take A earlier, or make the outer lock one that sleeps
accept  suppress = ["wait-context: wait_context.py:* self.config  # why"]
more    lockdep explain wait-context     --style kernel     --frames all

=============================
[ BUG: Invalid wait context ]                                     [2fa59edc60f5]
-----------------------------
  A  wait_context.py:20  self.statistics  (Mutex)

MainThread wants A in a hardirq handler
    wait_context.py:39  <module>                 device.handle_interrupt()
  > wait_context.py:32  Device.handle_interrupt  with self.statistics:   wants A

error, potential: judged by classes, as the kernel does: whatever their
        instances
why     A can be a wait of type SLEEP (4), where at most CONFIG (3) is allowed
fix     take A elsewhere, or use a lock that spins
accept  suppress = ["wait-context: wait_context.py:* self.statistics  # why"]
more    lockdep explain wait-context     --style kernel     --frames all
lockdep: 2 errors, 0 warnings
"""
