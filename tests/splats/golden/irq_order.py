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
