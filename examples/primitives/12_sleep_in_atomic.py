"""Sleeping in atomic context: under a spinlock, in an RCU section or with preemption off nothing may sleep.

    python examples/primitives/12_sleep_in_atomic.py

While a thread holds a spinlock, others spin for it and do nothing else, on a kernel's CPU for as long as it sleeps. In
the first half of this program a thread sleeps, in four ways, where it must not. Nothing goes wrong; lockdep reports
each of the four lines all the same: a lock that may sleep is reported as "Invalid wait context" under a spinlock, any
other call that may sleep as "sleeping function called from invalid context". The second half does the same work without
the mistake: it copies under the lock and sleeps outside, or takes the lock that sleeps first.
"""

import time

import lockdep
from primitives import Mutex, RCUPointer, SpinLock, preempt_disabled, rcu_dereference, rcu_read_side

lockdep.install()  # `lockdep run` has done so; without it time.sleep is not followed

settings = RCUPointer({"delay": 0.001})


def write_slowly(block):
    lockdep.might_sleep()  # says so although this run does not sleep
    return block.upper()


class Writer:
    """Blocks that wait to be written to a disk."""

    def __init__(self, name):
        self.blocks, self.lock, self.disk = ["a", "b"], SpinLock(f"{name} lock"), Mutex(f"{name} disk")

    def write(self):
        with self.lock:
            written = [write_slowly(block) for block in self.blocks]  # 1: a function that may sleep
        with self.lock, self.disk:  # 2: a mutex under a spinlock
            self.blocks.clear()
        with rcu_read_side():
            time.sleep(rcu_dereference(settings)["delay"])  # 3: in a read section: no grace period ends meanwhile
        with preempt_disabled(), self.disk:  # 4: a mutex with preemption off
            return written


class CorrectedWriter(Writer):
    """The same work, which sleeps only where that is allowed."""

    def write(self):
        with self.lock:
            blocks = list(self.blocks)  # 1: copy under the lock ...
        written = [write_slowly(block) for block in blocks]  # ... and sleep outside of it
        with self.disk, self.lock:  # 2: the lock that sleeps comes first
            self.blocks.clear()
        with rcu_read_side():
            delay = rcu_dereference(settings)["delay"]
        time.sleep(delay)  # 3: after the section, with what was read in it
        with self.disk, preempt_disabled():  # 4: again the lock that sleeps comes first
            return written


for name, kind in (("wrong", Writer), ("right", CorrectedWriter)):
    before = len(lockdep.findings())
    print(f"{name}: {kind(name).write()}")
    for finding in lockdep.findings()[before:]:
        print(f"  lockdep: {finding.title}")
    print(f"  findings: {len(lockdep.findings()) - before}")
