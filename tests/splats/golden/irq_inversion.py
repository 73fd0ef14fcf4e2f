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
