"""A gate that each wrapper brings for the locks of what it wraps, which is of several types.

grade: excused
because: gate
wrong: which of several gates was held along a known chain is not known
"""

import threading

from tests.evidence.unseen import side_by_side


class File:
    def __init__(self):
        self.commit = threading.Lock()
        self.pages = threading.Lock()


class Memory:
    def __init__(self):
        self.commit = threading.Lock()
        self.pages = threading.Lock()


class Wrapper:
    def __init__(self, inner):
        self.gate = threading.Lock()
        self.inner = inner

    def begin(self):
        with self.gate, self.inner.pages, self.inner.commit:
            pass

    def store(self):
        with self.gate, self.inner.commit, self.inner.pages:
            pass


others = [Wrapper(Memory()) for _ in range(2)]
one = Wrapper(File())
side_by_side(*[other.begin for other in others], one.begin, one.store)
