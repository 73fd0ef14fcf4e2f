"""Writer starvation: readers that keep coming get past a writer that waits, unless the lock has a queue.

    python examples/primitives/07_writer_starvation.py

One reader is in, a writer waits for it, and five more readers come. The readers of an RWLock come first, as they did in
Linux: you will see that all five get in past the writer; it would wait as long as such readers come. With queued=True,
as in Linux since then, the lock is fair: none gets past the writer, which is next, and the five follow it.
"""

import threading

from primitives import Atomic, RWLock, cpu_relax

READERS = 5


def wait_until(condition):
    while not condition():
        cpu_relax()


def try_out(lock):
    """Let everybody in, in the order that the lock chooses, and return that order."""
    order, leave = [], Atomic()

    def read_first():
        with lock.read():
            wait_until(leave.read)  # spinning, as befits a lock that spins

    def write():
        with lock.write():
            order.append("writer")

    def read():
        with lock.read():
            order.append("reader")

    def start(target):
        threads.append(threading.Thread(target=target))
        threads[-1].start()

    threads = []
    start(read_first)
    wait_until(lambda: lock.statistics().readers == 1)
    start(write)
    wait_until(lambda: lock.statistics().waiting == 1)
    for _ in range(READERS):
        start(read)
    # Each of the five is through, or waits behind the writer: only then does the first one leave.
    wait_until(lambda: len(order) + lock.statistics().waiting == READERS + 1)
    leave.set(1)
    for thread in threads:
        thread.join()
    return order


for name, queued in (("readers first", False), ("queued", True)):
    order = try_out(RWLock(name, queued=queued))
    print(f"{name}: {order.index('writer')} of {READERS} readers got in past the waiting writer")
    print(f"  {', '.join(order)}")
