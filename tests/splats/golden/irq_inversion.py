"""A handler takes a lock for the first time, under which ordinary code takes one that is held with interrupts on.

Then the other way round: a lock is taken with interrupts on for the first time.
"""

from lockdep.contexts import simulated
from lockdep.fastpath import ExclusiveLock
from lockdep.wait_types import CONFIG, Traits


class SpinLock(ExclusiveLock):
    traits = Traits(inner=CONFIG)


timers = SpinLock("timers")
stats = SpinLock("stats")
route = SpinLock("route")
cache = SpinLock("cache")


def both(first, second):
    simulated.local_irq_disable()
    with first:
        with second:
            pass
    simulated.local_irq_enable()


def one(lock):
    with lock:
        pass


def hard_interrupt():
    simulated.hardirq_enter()
    one(timers)
    simulated.hardirq_exit()


def soft_interrupt():
    simulated.softirq_enter()
    one(route)
    simulated.softirq_exit()


one(stats)
both(timers, stats)
hard_interrupt()

soft_interrupt()
both(route, cache)
one(cache)


SHOWS = {"IrqInversion": "but this lock was taken by another, SOFTIRQ-safe lock in the past:"}
EXPECTED = """\

========================================================
WARNING: possible irq lock inversion dependency detected
Python VERSION SYSTEM [b237e22fb1d4]
--------------------------------------------------------
thread MainThread just changed the state of lock:
  (timers){-...}-{3:3} [SpinLock]
but this lock took another, HARDIRQ-unsafe lock in the past:
  (stats){+.+.}-{3:3} [SpinLock]

and interrupts could create inverse lock ordering between them.

other info that might help us debug this:

Chain exists of:
  timers --> stats

 Possible interrupt unsafe locking scenario:

  thread 0               thread 1
  --------               --------
  lock(stats);
                         local_irq_disable();
                         lock(timers);
                         lock(stats);
  <Interrupt>
    lock(timers);

 *** DEADLOCK ***

no locks held by MainThread.

the shortest dependencies between 2nd lock and 1st lock:
-> (timers){-...}-{3:3} [SpinLock] {
   IN-HARDIRQ-W at:
      irq_inversion.py:30 in one
        with lock:
      irq_inversion.py:36 in hard_interrupt
        one(timers)
      irq_inversion.py:48 in <module>
        hard_interrupt()
   INITIAL USE at:
      irq_inversion.py:23 in both
        with first:
      irq_inversion.py:47 in <module>
        both(timers, stats)
}

-> #0 (timers){-...}-{3:3} --> (stats){+.+.}-{3:3}: MainThread
   held timers, taken at:
      irq_inversion.py:23 in both
        with first:
      irq_inversion.py:47 in <module>
        both(timers, stats)
   to acquire stats at:
      irq_inversion.py:24 in both
        with second:
      irq_inversion.py:47 in <module>
        both(timers, stats)

-> (stats){+.+.}-{3:3} [SpinLock] {
   HARDIRQ-ON-W at:
   SOFTIRQ-ON-W at:
   INITIAL USE at:
      irq_inversion.py:30 in one
        with lock:
      irq_inversion.py:46 in <module>
        one(stats)
}

stack backtrace:
      irq_inversion.py:30 in one
        with lock:
      irq_inversion.py:36 in hard_interrupt
        one(timers)
      irq_inversion.py:48 in <module>
        hard_interrupt()

evidence: potential (error): judged by classes, as the kernel does: whatever their instances

========================================================
WARNING: possible irq lock inversion dependency detected
Python VERSION SYSTEM [57f98a3516bb]
--------------------------------------------------------
thread MainThread just changed the state of lock:
  (cache){+.+.}-{3:3} [SpinLock]
but this lock was taken by another, SOFTIRQ-safe lock in the past:
  (route){..-.}-{3:3} [SpinLock]

and interrupts could create inverse lock ordering between them.

other info that might help us debug this:

Chain exists of:
  route --> cache

 Possible interrupt unsafe locking scenario:

  thread 0               thread 1
  --------               --------
  lock(cache);
                         local_irq_disable();
                         lock(route);
                         lock(cache);
  <Interrupt>
    lock(route);

 *** DEADLOCK ***

no locks held by MainThread.

the shortest dependencies between 2nd lock and 1st lock:
-> (route){..-.}-{3:3} [SpinLock] {
   IN-SOFTIRQ-W at:
   INITIAL USE at:
      irq_inversion.py:30 in one
        with lock:
      irq_inversion.py:42 in soft_interrupt
        one(route)
      irq_inversion.py:50 in <module>
        soft_interrupt()
}

-> #0 (route){..-.}-{3:3} --> (cache){+.+.}-{3:3}: MainThread
   held route, taken at:
      irq_inversion.py:23 in both
        with first:
      irq_inversion.py:51 in <module>
        both(route, cache)
   to acquire cache at:
      irq_inversion.py:24 in both
        with second:
      irq_inversion.py:51 in <module>
        both(route, cache)

-> (cache){+.+.}-{3:3} [SpinLock] {
   HARDIRQ-ON-W at:
   SOFTIRQ-ON-W at:
      irq_inversion.py:30 in one
        with lock:
      irq_inversion.py:52 in <module>
        one(cache)
   INITIAL USE at:
      irq_inversion.py:24 in both
        with second:
      irq_inversion.py:51 in <module>
        both(route, cache)
}

stack backtrace:
      irq_inversion.py:30 in one
        with lock:
      irq_inversion.py:52 in <module>
        one(cache)

evidence: potential (error): judged by classes, as the kernel does: whatever their instances
lockdep: 2 errors, 0 warnings
"""

SHORT = """\

======================================================
ERROR: possible irq lock inversion dependency detected            [b237e22fb1d4]
------------------------------------------------------
  A  timers  (SpinLock)  {-...}-{3:3}
  B  stats   (SpinLock)  {+.+.}-{3:3}

ordinary code holds B while hardirqs can come
    irq_inversion.py:46  <module>  one(stats)
  > irq_inversion.py:30  one       with lock:                            holds B

MainThread took A, then B
    irq_inversion.py:47  <module>  both(timers, stats)
  > irq_inversion.py:23  both      with first:                           holds A
  > irq_inversion.py:24  both      with second:                          wants B

a hardirq handler takes A
    irq_inversion.py:48  <module>        hard_interrupt()
    irq_inversion.py:36  hard_interrupt  one(timers)
  > irq_inversion.py:30  one             with lock:                      wants A

  interrupted            MainThread
  -----------            ----------
  lock(B);
                         local_irq_disable();
                         lock(A);
                         lock(B);
  <Interrupt>
    lock(A);

 *** DEADLOCK ***

error, potential: judged by classes, as the kernel does: whatever their
        instances
fix     switch interrupts off wherever B is held, or do not take B under A
accept  suppress = ["irq-inversion: timers  # why"]
more    lockdep explain irq-inversion     --style kernel     --frames all

======================================================
ERROR: possible irq lock inversion dependency detected            [57f98a3516bb]
------------------------------------------------------
  A  route  (SpinLock)  {..-.}-{3:3}
  B  cache  (SpinLock)  {+.+.}-{3:3}

ordinary code holds B while softirqs can come
    irq_inversion.py:52  <module>  one(cache)
  > irq_inversion.py:30  one       with lock:                            holds B

MainThread took A, then B
    irq_inversion.py:51  <module>  both(route, cache)
  > irq_inversion.py:23  both      with first:                           holds A
  > irq_inversion.py:24  both      with second:                          wants B

a softirq handler takes A
    irq_inversion.py:50  <module>        soft_interrupt()
    irq_inversion.py:42  soft_interrupt  one(route)
  > irq_inversion.py:30  one             with lock:                      wants A

  interrupted            MainThread
  -----------            ----------
  lock(B);
                         local_irq_disable();
                         lock(A);
                         lock(B);
  <Interrupt>
    lock(A);

 *** DEADLOCK ***

error, potential: judged by classes, as the kernel does: whatever their
        instances
fix     switch bottom halves off wherever B is held, or do not take B under A
accept  suppress = ["irq-inversion: cache  # why"]
more    lockdep explain irq-inversion     --style kernel     --frames all
lockdep: 2 errors, 0 warnings
"""
