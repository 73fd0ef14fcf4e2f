"""Downgrade: a writer that becomes a reader without letting another writer in between.

    python examples/primitives/13_downgrade.py

A thread refreshes a table under an RWSem and then reads what it has just written, together with other readers. If it
releases the lock and takes it again for reading, a writer that waits may come first, and the thread reads what that one
has written. downgrade_write() has no such gap, and it admits the readers at once. What it must not do is write
afterwards: the third part does so, and the lockdep.assert_held_write() at the place that writes reports it. The fourth
is its correction, which writes everything before it becomes a reader.
"""

import threading

import lockdep
from primitives import RWSem, cpu_relax


class Table:
    """A text under a lock, and another writer of it, which comes while the first one writes."""

    def __init__(self, name):
        self.lock, self.text = RWSem(name), "empty"
        self.other = threading.Thread(target=self.overwrite)

    def write(self, text):
        lockdep.assert_held_write(self.lock)
        self.text = text

    def overwrite(self):
        with self.lock.write():
            self.write("the other's")

    def begin(self):
        """Write under the lock until the other writer waits for it."""
        self.lock.down_write()
        self.other.start()
        while self.lock.statistics().waiting == 0:
            cpu_relax()
        self.write("mine")

    def refresh_with_a_gap(self):
        self.begin()
        self.lock.up_write()
        self.other.join()  # the gap: the other writer comes first
        self.lock.down_read()

    def refresh(self):
        self.begin()
        self.lock.downgrade_write()

    def refresh_and_sign(self):
        self.refresh()
        self.write("mine, signed")  # as a reader: others may read at this moment

    def sign_and_refresh(self):
        self.begin()
        self.write("mine, signed")  # everything is written before the downgrade
        self.lock.downgrade_write()


for how in ("refresh_with_a_gap", "refresh", "refresh_and_sign", "sign_and_refresh"):
    before = len(lockdep.findings())
    table = Table(how)
    getattr(table, how)()
    print(f"{how}: I read {table.text!r}")
    table.lock.up_read()
    table.other.join()
    for finding in lockdep.findings()[before:]:
        print(f"  lockdep: {finding.title}")
    print(f"  findings: {len(lockdep.findings()) - before}, at the end {table.text!r}")
