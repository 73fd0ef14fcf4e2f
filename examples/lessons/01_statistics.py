"""Statistics, read step by step: which lock is slow, who makes it slow, and whether the correction helps.

    python examples/lessons/01_statistics.py

Four threads ask a store for a page while the disk is slow. The first store loads a page with its lock held. The order
of its locks is right, so there is no finding; the statistics show what is wrong. Step 1: which lock was waited for?
Step 2: where do the threads wait? Step 3: where had the one in their way taken the lock, and what does it do there?
That is the place to change. The corrected store loads without the lock; its table has no waits. `lockdep run --stat
app.py` prints such a table for any program, `lockdep stat PID` that of a running one; this program asks
lockdep.lock_stat from within.
"""

import threading

from lockdep import lock_stat
from lockdep.threading import Lock


class Store:
    def __init__(self, name):
        self.pages, self.lock = {}, Lock(f"{name}.lock")
        self.loading, self.disk = [], threading.Event()

    def load(self, key):
        self.loading.append(key)
        self.disk.wait()  # slow
        return f"page {key}"

    def get(self, key):
        with self.lock:
            if key not in self.pages:
                self.pages[key] = self.load(key)
            return self.pages[key]


class CorrectedStore(Store):
    def get(self, key):
        with self.lock:
            page = self.pages.get(key)
        if page is None:
            page = self.load(key)  # two threads may load the same page: that costs a load, and no wait
        with self.lock:
            return self.pages.setdefault(key, page)


def statistics(name):
    """Return the statistics of the class of this name, in a list that is empty while no lock of it was taken."""
    return [stat for stat in lock_stat.lock_stats() if stat.name == f"{name}.lock"]


def waiting(name):
    return sum(number for stat in statistics(name) for _, number in stat.waiting_now)


def show(name):
    (stat,) = statistics(name)
    print(f"  1. {stat.name}: taken {stat.acquisitions} times, waited for {stat.contentions} times")
    for place, number in stat.waiting_now:
        print(f"  2. {number} threads wait at {place.rpartition('/')[2]}")
    for place, _ in stat.contending_points:
        print(f"  3. they wait for one that took it at {place.rpartition('/')[2]}")


lock_stat.start()  # measure times, too; the rest is always counted
for name, kind in (("store", Store), ("corrected", CorrectedStore)):
    store = kind(name)
    threads = [threading.Thread(target=store.get, args=(number,)) for number in range(4)]
    for number, thread in enumerate(threads, start=1):
        thread.start()
        while len(store.loading) + waiting(name) < number:
            pass  # until the thread loads, or waits for the lock
    print(f"{name}, while the disk is slow: {len(store.loading)} of 4 threads load")
    show(name)
    store.disk.set()
    for thread in threads:
        thread.join()
    (stat,) = statistics(name)
    print(f"  afterwards: held {stat.hold.count} times, {stat.hold.total_ns / 1e6:.3f} ms in all")
