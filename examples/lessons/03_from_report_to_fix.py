"""From a report to its correction, step by step: an order of locks that closes over a callback.

    python examples/lessons/03_from_report_to_fix.py

A cache tells its listeners, under its lock, what it has dropped. A session is a listener: it takes its own lock, and it
uses the cache under that lock. Each function is right by itself. The program runs them one after the other, so nothing
hangs, and then reads its report as a person would. The correction follows, and the check that the report is gone.
"""

from itertools import pairwise

import lockdep
from lockdep.threading import Lock


class Cache:
    def __init__(self, name):
        self.lock, self.entries, self.listeners = Lock(f"{name} cache"), {}, []

    def put(self, key, value):
        with self.lock:
            self.entries[key] = value

    def drop(self, key):
        with self.lock:
            del self.entries[key]
            for listener in self.listeners:
                listener(key)  # code of others runs under our lock


class CorrectedCache(Cache):
    def drop(self, key):
        with self.lock:
            del self.entries[key]
            listeners = list(self.listeners)
        for listener in listeners:  # step 4: callbacks are called when no lock is held
            listener(key)


class Session:
    def __init__(self, cache, name):
        self.lock, self.cache, self.dropped = Lock(f"{name} session"), cache, []
        cache.listeners.append(self.on_drop)

    def store(self, key):
        with self.lock:
            self.cache.put(key, self)

    def on_drop(self, key):
        with self.lock:
            self.dropped.append(key)


def use(kind, name):
    """Run the program with this kind of cache; return what lockdep has found in it."""
    before = len(lockdep.findings())
    cache = kind(name)
    session = Session(cache, name)
    session.store("a")
    cache.drop("a")
    return lockdep.findings()[before:]


(finding,) = use(Cache, "first")
lines = str(finding).splitlines()  # standard error has the same in fewer lines
print("step 1, what is it, and how sure?")
print(f"  {finding.title}: {finding.grade} ({finding.reason})")
print("step 2, between which locks?")
print(f"  {' and '.join(finding.classes)}")
print("step 3, where does the program take them? Two orders, each with a lock that is held and one that is wanted:")
for line, place in pairwise(lines):
    if line.startswith(("   held ", "   to acquire ")):
        print(f"  {line.strip().removesuffix(' at:').partition(',')[0]}: {place.strip().rpartition('/')[2]}")
print("step 4, which of these places can give way? drop() need not call its listeners under its lock.")
print("step 5, is it gone?")
print(f"  findings in the corrected program: {len(use(CorrectedCache, 'second'))}")
