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
