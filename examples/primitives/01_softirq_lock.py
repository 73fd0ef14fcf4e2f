"""A lock shared with a softirq handler: a thread that holds it with bottom halves on can be interrupted by its waiter.

    python examples/primitives/01_softirq_lock.py

A network card interrupts, its handler raises a softirq, and the softirq polls the received frames into a queue under a
spinlock (NAPI). take() of the first queue holds that lock with bottom halves on: should the interrupt come right then,
the softirq spins for ever on the lock of the thread below it. It does not come here, so nothing hangs, but you will
see "inconsistent lock state", in full on standard error. The second queue is the correction: it takes the lock with
bottom halves off, the interrupt does come at the worst moment, and the softirq runs as soon as the lock is released.
"""

import lockdep
from primitives import Softirq, SpinLock, open_softirq, raise_irq, raise_softirq, request_irq

CARD = 11


class Queue:
    """Received frames: poll() runs as the softirq, take() in a thread."""

    def __init__(self, name):
        self.lock = SpinLock(name)
        self.frames = []

    def poll(self):
        with self.lock:  # softirqs do not interrupt each other, so the plain variant will do here
            self.frames.append("a frame")

    def take(self):
        with self.lock:
            return self.frames.pop()


class CorrectedQueue(Queue):
    """The same, with bottom halves off wherever a thread holds the lock."""

    def take(self):
        with self.lock.bh():  # lock_bh() ... unlock_bh()
            raise_irq(CARD)
            print(f"  a frame comes while the lock is held: {len(self.frames)} in the queue, the softirq waits")
            return self.frames.pop()


def use(queue):
    """Receive a frame, and take it. Print what was found, and what is in the queue then."""
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
