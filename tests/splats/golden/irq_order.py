"""From a lock that an interrupt handler takes, dependencies lead over two more to one held with interrupts on."""

from lockdep.contexts import simulated
from lockdep.fastpath import ExclusiveLock
from lockdep.wait_types import CONFIG, Traits


class SpinLock(ExclusiveLock):
    traits = Traits(inner=CONFIG)


ring = SpinLock("ring")
buffers = SpinLock("buffers")
pool = SpinLock("pool")
log = SpinLock("log")


def handle_interrupt():
    simulated.hardirq_enter()
    with ring:
        pass
    simulated.hardirq_exit()


def refill():
    flags = simulated.local_irq_save()
    with ring, buffers:
        pass
    simulated.local_irq_restore(flags)


def shrink():
    flags = simulated.local_irq_save()
    with pool:
        with log:
            pass
    simulated.local_irq_restore(flags)


def write():
    with log:
        pass


def allocate():
    flags = simulated.local_irq_save()
    with buffers:
        with pool:
            pass
    simulated.local_irq_restore(flags)


handle_interrupt()
refill()
shrink()
write()
allocate()


SHOWS = {"IrqOrder": "... which became HARDIRQ-irq-safe at:"}
EXPECTED = """\

===========================================================
WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected
Python VERSION SYSTEM [6ec1667e0a5a]
-----------------------------------------------------------
thread MainThread [HC0[0]:SC0[0]:HE0:SE1] is trying to acquire:
  (pool){....}-{3:3} [SpinLock]

and this thread is already holding:
  (buffers){....}-{3:3}, at: irq_order.py:47 in allocate

which would create a new lock dependency:
  (buffers){....}-{3:3} -> (pool){....}-{3:3}

but this new dependency connects a HARDIRQ-irq-safe lock:
  (ring){-...}-{3:3} [SpinLock]

... which became HARDIRQ-irq-safe at:
      irq_order.py:20 in handle_interrupt
        with ring:
      irq_order.py:53 in <module>
        handle_interrupt()

to a HARDIRQ-irq-unsafe lock:
  (log){+.+.}-{3:3} [SpinLock]

... which became HARDIRQ-irq-unsafe at:
      irq_order.py:41 in write
        with log:
      irq_order.py:56 in <module>
        write()

other info that might help us debug this:

Chain exists of:
  ring --> buffers --> pool --> log

 Possible interrupt unsafe locking scenario:

  thread 0               thread 1               thread 2               thread 3
  --------               --------               --------               --------
  lock(log);
                         local_irq_disable();
                         lock(ring);
                                                lock(buffers);
                                                                       lock(pool);
                         lock(buffers);
                                                lock(pool);
                                                                       lock(log);
  <Interrupt>
    lock(ring);

 *** DEADLOCK ***

1 lock held by MainThread:
 #0: (buffers){....}-{3:3}, at: irq_order.py:47 in allocate

the dependencies between HARDIRQ-irq-safe lock and the holding lock:
-> (ring){-...}-{3:3} [SpinLock] {
   IN-HARDIRQ-W at:
   INITIAL USE at:
      irq_order.py:20 in handle_interrupt
        with ring:
      irq_order.py:53 in <module>
        handle_interrupt()
}

-> #0 (ring){-...}-{3:3} --> (buffers){....}-{3:3}: MainThread
   held ring, taken at:
      irq_order.py:27 in refill
        with ring, buffers:
      irq_order.py:54 in <module>
        refill()
   to acquire buffers at:
      irq_order.py:27 in refill
        with ring, buffers:
      irq_order.py:54 in <module>
        refill()

-> (buffers){....}-{3:3} [SpinLock] {
   INITIAL USE at:
      irq_order.py:27 in refill
        with ring, buffers:
      irq_order.py:54 in <module>
        refill()
}

the new dependency:
-> #1 (buffers){....}-{3:3} --> (pool){....}-{3:3}: MainThread
   held buffers, taken at:
      irq_order.py:47 in allocate
        with buffers:
      irq_order.py:57 in <module>
        allocate()
   to acquire pool at:
      irq_order.py:48 in allocate
        with pool:
      irq_order.py:57 in <module>
        allocate()

the dependencies between the lock to be acquired and HARDIRQ-irq-unsafe lock:
-> (pool){....}-{3:3} [SpinLock] {
   INITIAL USE at:
      irq_order.py:34 in shrink
        with pool:
      irq_order.py:55 in <module>
        shrink()
}

-> #2 (pool){....}-{3:3} --> (log){+.+.}-{3:3}: MainThread
   held pool, taken at:
      irq_order.py:34 in shrink
        with pool:
      irq_order.py:55 in <module>
        shrink()
   to acquire log at:
      irq_order.py:35 in shrink
        with log:
      irq_order.py:55 in <module>
        shrink()

-> (log){+.+.}-{3:3} [SpinLock] {
   HARDIRQ-ON-W at:
   SOFTIRQ-ON-W at:
      irq_order.py:41 in write
        with log:
      irq_order.py:56 in <module>
        write()
   INITIAL USE at:
      irq_order.py:35 in shrink
        with log:
      irq_order.py:55 in <module>
        shrink()
}

stack backtrace:
      irq_order.py:48 in allocate
        with pool:
      irq_order.py:57 in <module>
        allocate()

evidence: potential (error): judged by classes, as the kernel does: whatever their instances
lockdep: 1 error, 0 warnings
"""

SHORT = """\

=========================================================
ERROR: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected         [6ec1667e0a5a]
---------------------------------------------------------
  A  ring     (SpinLock)  {-...}-{3:3}
  B  buffers  (SpinLock)  {....}-{3:3}
  C  pool     (SpinLock)  {....}-{3:3}
  D  log      (SpinLock)  {+.+.}-{3:3}

ordinary code holds D while hardirqs can come
    irq_order.py:56  <module>  write()
  > irq_order.py:41  write     with log:                                 holds D

MainThread took A, then B
    irq_order.py:54  <module>  refill()
  > irq_order.py:27  refill    with ring, buffers:              holds A, wants B

MainThread took B, then C
    irq_order.py:57  <module>  allocate()
  > irq_order.py:47  allocate  with buffers:                             holds B
  > irq_order.py:48  allocate  with pool:                                wants C

MainThread took C, then D
    irq_order.py:55  <module>  shrink()
  > irq_order.py:34  shrink    with pool:                                holds C
  > irq_order.py:35  shrink    with log:                                 wants D

a hardirq handler takes A
    irq_order.py:53  <module>          handle_interrupt()
  > irq_order.py:20  handle_interrupt  with ring:                        wants A

  interrupted   MainThread             MainThread   MainThread
  -----------   ----------             ----------   ----------
  lock(D);
                local_irq_disable();
                lock(A);
                                       lock(B);
                                                    lock(C);
                lock(B);
                                       lock(C);
                                                    lock(D);
  <Interrupt>
    lock(A);

 *** DEADLOCK ***

error, potential: judged by classes, as the kernel does: whatever their
        instances
fix     switch interrupts off wherever D is held, or do not take D under A
accept  suppress = ["irq-order: ring  # why"]
more    lockdep explain irq-order     --style kernel     --frames all
lockdep: 1 error, 0 warnings
"""
