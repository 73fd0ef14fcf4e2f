"""A callback is called under the lock of its source, and takes the lock that is held to register.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side


class Source:
    def __init__(self):
        self.lock = threading.Lock()
        self.callbacks = []

    def register(self, callback):
        with self.lock:
            self.callbacks.append(callback)

    def fire(self):
        with self.lock:
            for callback in self.callbacks:
                callback()


class Model:
    def __init__(self, source):
        self.lock = threading.Lock()
        self.source = source
        source.register(self.update)

    def update(self):
        with self.lock:
            pass

    def rename(self):
        with self.lock:
            self.source.register(int)


source = Source()
model = Model(source)
side_by_side(source.fire, model.rename)
