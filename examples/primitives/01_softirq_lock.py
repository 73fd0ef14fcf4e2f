"""A lock that a thread shares with a softirq handler: the softirq may interrupt the thread that holds the lock.

    python examples/primitives/01_softirq_lock.py

A network card raises an interrupt, whose handler raises a softirq; the softirq moves the received frames into a queue
under a spinlock, as NAPI does. take() of the first queue holds that lock with bottom halves enabled. If the interrupt
came at that moment, the softirq would spin for ever on a lock that the interrupted thread holds. The interrupt does not
come then, so nothing hangs, but lockdep reports "inconsistent lock state" on standard error. The second queue is the
correction: its take() disables bottom halves, so the softirq runs only when the lock has been released, even though the
interrupt does come at the worst moment.
"""

import lockdep
from primitives import Softirq, SpinLock, open_softirq, raise_irq, raise_softirq, request_irq

CARD = 11


class Queue:
    """Received frames. poll() runs as the softirq, take() in a thread."""

    def __init__(self, name):
        self.lock = SpinLock(name)
        self.frames = []

    def poll(self):
        with self.lock:  # softirqs do not interrupt each other, so the plain lock suffices here
            self.frames.append("a frame")

    def take(self):
        with self.lock:
            return self.frames.pop()


class CorrectedQueue(Queue):
    """A queue whose lock is taken with bottom halves disabled wherever a thread takes it."""

    def take(self):
        with self.lock.bh():  # lock_bh() ... unlock_bh()
            raise_irq(CARD)
            print(f"  a frame comes while the lock is held: {len(self.frames)} in the queue, the softirq waits")
            return self.frames.pop()


def use(queue):
    """Receive a frame and take it; print lockdep's findings and how many frames are left."""
    before = len(lockdep.findings())
    open_softirq(Softirq.NET_RX, queue.poll)
    raise_irq(CARD)
    print(f"  took {queue.take()}, now {len(queue.frames)} in the queue")
    for finding in lockdep.findings()[before:]:
        print(f"  lockdep: {finding.title} ({', '.join(finding.classes)})")
    print(f"  findings: {len(lockdep.findings()) - before}")


request_irq(CARD, lambda _: raise_softirq(Softirq.NET_RX))
print("with bottom halves on:")
use(Queue("rx_queue"))
print("with bottom halves off:")
use(CorrectedQueue("corrected_rx_queue"))
