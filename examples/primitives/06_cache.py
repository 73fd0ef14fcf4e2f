"""A cache for many threads, built of six primitives, each used for what it does well; and the mistake it invites.

    python examples/primitives/06_cache.py

RCUDict is the table: a hit takes no lock. Kref: who uses an entry after the read section has a reference to it.
Completion: a thread that asks for a page that is being loaded waits for that load. SpinLock: protects adding and
evicting. Semaphore: limits the loads that run at once to two. PerCPU: statistics, one number for each thread.

The mistake: a read section protects an entry until it ends, not longer. The first cache takes its reference after the
section. Here the page is evicted and freed just in between, so the value is gone, and lockdep reports "refcount_t:
addition on 0; use-after-free." The second one takes it inside, unless the entry is on its way out already. Then it
shows that one load serves eight threads that want the same page, that six pages are loaded two at a time, and that the
page in use survives when there are too many.
"""

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import lockdep
from primitives import Atomic, Completion, Kref, PerCPU, RCUDict, Semaphore, SpinLock, cpu_relax
from primitives.rcu import call_rcu, rcu_barrier, rcu_read_side


class Entry:
    def __init__(self):
        self.loaded, self.value, self.error, self.used = Completion(), None, None, False
        self.kref = Kref()  # the first reference is that of the table

    def put(self):
        self.kref.put(lambda _: call_rcu(self.free))  # readers may look at it until the grace period is over

    def free(self):
        self.value = "freed"


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
        entry = self.find(key) or self.find_or_load(key)
        try:
            entry.loaded.wait_for_completion()
            if entry.error is not None:
                raise LookupError(f"{key} cannot be loaded") from entry.error
            return entry.value
        finally:
            entry.put()

    def find(self, key, meanwhile=lambda: None):
        """Return the entry with a reference to it, or None; the caller puts it."""
        with rcu_read_side():
            entry = self.table.get(key)
            if entry is None or entry.error is not None or not entry.kref.get_unless_zero():
                return None
        meanwhile()
        entry.used = True
        return entry

    def find_or_load(self, key):
        with self.lock:
            entry = self.order.get(key)
            if entry is not None and entry.error is None:
                entry.kref.get()  # under the lock the table keeps its own reference
                return entry  # another thread was faster
            if entry is not None:
                self.drop(key)
            while len(self.order) >= self.limit:
                oldest = next(iter(self.order))
                if self.order[oldest].used:  # used since it was last looked at here: give it a second chance
                    self.order[oldest].used = False
                    self.order.move_to_end(oldest)
                else:
                    self.drop(oldest)
            entry = self.order[key] = Entry()
            entry.kref.get()
            self.table[key] = entry
        self.loads.this_cpu_inc()
        try:
            with self.units:
                entry.value = self.load(key)
        except BaseException as error:
            entry.error = error  # all threads that wait fail with it; the next one loads again
            entry.put()
            raise
        finally:
            entry.loaded.complete_all()
        return entry

    def drop(self, key):
        del self.table[key]
        self.order.pop(key).put()


class CarelessCache(Cache):
    def find(self, key, meanwhile=lambda: None):
        with rcu_read_side():
            entry = self.table.get(key)
            if entry is None or entry.error is not None:
                return None
        meanwhile()
        entry.kref.get()  # too late: the entry may have gone with the section
        return entry


def be_overtaken(cache):
    """Find page 1 while it is evicted by page 2; return what the finder reads then."""
    cache.get(1)
    entry = cache.find(1, meanwhile=lambda: (cache.get(2), rcu_barrier()))
    return entry.value


for name, kind in (("careless", CarelessCache), ("right", Cache)):
    before = len(lockdep.findings())
    value = be_overtaken(kind(str, 1, 1))
    print(f"{name}: found {value!r}, findings {[finding.title for finding in lockdep.findings()[before:]]}")


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
