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
