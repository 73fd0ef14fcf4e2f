"""A cache for many threads, built of five primitives, each used for what it does well.

    python examples/primitives/06_cache.py

RCUDict is the table: a hit takes no lock. Completion: a thread that asks for a page that is being loaded waits for that
load. SpinLock: protects adding and evicting. Semaphore: limits the loads that run at once to two. PerCPU: statistics,
one number for each thread. The program shows that one load serves eight threads that want the same page, that six pages
are loaded two at a time, and that the page in use survives when there are too many.
"""

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

from primitives import Atomic, Completion, PerCPU, RCUDict, Semaphore, SpinLock, cpu_relax, rcu_read_side


class Entry:
    def __init__(self):
        self.loaded, self.value, self.error, self.used = Completion(), None, None, False


class Cache:
    """The values of `load`, at most `limit` of them.

    `table` and `order` (oldest first) change together, under `lock`.
    """

    def __init__(self, load, limit, loads_at_once):
        self.load, self.limit, self.units = load, limit, Semaphore(loads_at_once, "cache.units")
        self.table, self.order, self.lock = RCUDict(name="table"), OrderedDict(), SpinLock("cache.lock")
        self.gets, self.loads = PerCPU(), PerCPU()

    def get(self, key):
        self.gets.this_cpu_inc()
        with rcu_read_side():
            entry = self.table.get(key)
        if entry is None or entry.error is not None:
            entry = self._find_or_load(key)
        else:
            entry.used = True
        entry.loaded.wait_for_completion()
        if entry.error is not None:
            raise LookupError(f"{key} cannot be loaded") from entry.error
        return entry.value

    def _find_or_load(self, key):
        with self.lock:
            entry = self.order.get(key)
            if entry is not None and entry.error is None:
                return entry  # another thread was faster
            while len(self.order) >= self.limit:
                oldest, old = self.order.popitem(last=False)
                if old.used:  # used since it was last looked at here: give it a second chance
                    self.order[oldest], old.used = old, False
                else:
                    del self.table[oldest]
            entry = self.order[key] = self.table[key] = Entry()
        self.loads.this_cpu_inc()
        try:
            with self.units:
                entry.value = self.load(key)
        except BaseException as error:
            entry.error = error  # all threads that wait fail with it; the next one loads again
            raise
        finally:
            entry.loaded.complete_all()
        return entry


def load(page):
    at_once.append(loading.inc_return())
    while page == 0 and cache.order[page].loaded.statistics().waiting < 7:  # until the other seven threads wait
        cpu_relax()
    if page in range(1, 7):
        pair.wait()  # until a second load runs at the same time
    loading.dec()
    return f"page {page}"


cache, at_once, loading, pair = Cache(load, 7, loads_at_once=2), [], Atomic(), threading.Barrier(2)
for pages in ([0] * 8, range(1, 7)):
    with ThreadPoolExecutor(len(pages)) as threads:
        list(threads.map(cache.get, pages))
    print(f"pages {list(pages)}: {cache.gets.sum()} gets, {cache.loads.sum()} loads, {max(at_once)} at once")
for page in (0, 7, 8):
    cache.get(page)
print(f"pages 0, 7, 8: {cache.loads.sum()} loads, there are {len(cache.order)}, page 0 is one: {0 in cache.order}")
