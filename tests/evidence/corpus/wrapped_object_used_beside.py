"""The same, and the wrapped object is used beside the one that wraps it.

grade: potential
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


storage = Storage()
storage.begin()
Demo(storage).begin()
