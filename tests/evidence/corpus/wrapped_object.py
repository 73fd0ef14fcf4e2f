"""The lock of an object is shared by one that wraps it, and both are used in one thread: ZODB's DemoStorage.

grade: unmatched
because: under
"""

import threading


class Storage:
    def __init__(self):
        self.lock, self.commit = threading.RLock(), threading.Lock()

    def begin(self):
        with self.commit, self.lock:
            pass


class Demo:
    def __init__(self, changes):
        self.changes, self.lock, self.gate = changes, changes.lock, threading.Lock()

    def begin(self):
        with self.gate, self.lock:
            self.changes.begin()


Storage().begin()
Demo(Storage()).begin()
