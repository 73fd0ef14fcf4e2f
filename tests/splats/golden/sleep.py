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
