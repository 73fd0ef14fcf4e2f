"""Writer starvation: readers that keep coming pass a writer that waits, unless the lock is queued.

    python examples/primitives/07_writer_starvation.py

One reader holds the lock, a writer waits for it, and five more readers come. Readers of a plain RWLock come first, as
they once did in Linux: all five pass the writer, which would wait as long as such readers keep coming. With
queued=True, as in Linux today, the lock is fair: none of them passes the writer, which is next, and the five follow it.
"""

import threading

from primitives import Atomic, RWLock, cpu_relax

READERS = 5


def wait_until(condition):
    while not condition():
        cpu_relax()


def try_out(lock):
    """Let all threads take the lock, in the order that the lock chooses, and return that order."""
    order, leave = [], Atomic()

    def read_first():
        with lock.read():
            wait_until(leave.read)  # spins, because a thread must not sleep while it holds an RWLock

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
    # The first reader leaves only when each of the five has had the lock or waits behind the writer.
    wait_until(lambda: len(order) + lock.statistics().waiting == READERS + 1)
    leave.set(1)
    for thread in threads:
        thread.join()
    return order


for name, queued in (("readers first", False), ("queued", True)):
    order = try_out(RWLock(name, queued=queued))
    print(f"{name}: {order.index('writer')} of {READERS} readers got in past the waiting writer")
    print(f"  {', '.join(order)}")
