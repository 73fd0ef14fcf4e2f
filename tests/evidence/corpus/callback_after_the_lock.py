"""Callbacks are called on a copy of the list, after the lock of the source.

grade: none
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
            callbacks = list(self.callbacks)
        for callback in callbacks:
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
