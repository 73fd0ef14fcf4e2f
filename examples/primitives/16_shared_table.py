"""The complete shared table of the kernel's texts: a lock for writers, RCU for readers, and references for users.

    python examples/primitives/16_shared_table.py

Each protects something else. The lock: the links of the table, against other writers. RCU: an entry that a reader has
found, until its section ends. The reference: an entry that is used after that. find() of the first table takes the
reference after the section; here the entry is removed and freed just before, and lockdep reports "refcount_t: addition
on 0; use-after-free." The second table takes it inside, unless the count is 0 already: then the entry is on its way
out, and counts as not found. Then four threads insert, use and remove in that table: no entry is used after its end,
and all are freed.
"""

from concurrent.futures import ThreadPoolExecutor

import lockdep
from primitives import Atomic, Kref, RCUDict, call_rcu, rcu_barrier, rcu_read_side


class Session:
    def __init__(self, user):
        self.user, self.kref = user, Kref()  # the first reference is that of the table
        made.inc()

    def put(self):
        self.kref.put(lambda _: call_rcu(self.free))  # a reader may look at it until the grace period is over

    def free(self):
        self.user = None
        freed.inc()


class Table:
    def __init__(self, name):
        self.sessions = RCUDict(name=name)

    def insert(self, key):
        with self.sessions.lock:
            if key not in self.sessions:  # nobody else can insert it between the look and the change
                self.sessions.set_locked(key, Session(f"user {key}"))

    def remove(self, key):
        with self.sessions.lock:
            old = self.sessions.pop_locked(key) if key in self.sessions else None
        if old is not None:
            old.put()

    def find(self, key, meanwhile=lambda: None):
        with rcu_read_side():
            session = self.sessions.get(key)
            if session is not None and not session.kref.get_unless_zero():
                session = None
        meanwhile()
        return session


class CarelessTable(Table):
    def find(self, key, meanwhile=lambda: None):
        with rcu_read_side():
            session = self.sessions.get(key)
        meanwhile()
        if session is not None:
            session.kref.get()  # too late: it may have gone with the section
        return session


def be_overtaken(table):
    """Find a session that is removed at the worst moment; return its user."""
    table.insert(1)
    session = table.find(1, meanwhile=lambda: (table.remove(1), rcu_barrier()))
    user = session.user
    session.put()
    return user


made, freed = Atomic(), Atomic()
for name, kind in (("careless", CarelessTable), ("right", Table)):
    before = len(lockdep.findings())
    print(f"{name}: the session that was found is of {be_overtaken(kind(name))}")
    for finding in lockdep.findings()[before:]:
        print(f"  lockdep: {finding.title}")
    print(f"  findings: {len(lockdep.findings()) - before}")


def use(number):
    for turn in range(50):
        table.insert((turn + number) % 4)
        session = table.find(turn % 4)
        if session is not None:
            users.add(session.user)
            session.put()
        table.remove(turn % 3)


table, users = Table("busy"), set()
with ThreadPoolExecutor(4) as threads:
    list(threads.map(use, range(4)))
for key in range(4):
    table.remove(key)
rcu_barrier()
print(f"busy: all that were made are freed: {made.read() == freed.read()}, used after the end: {None in users}")
