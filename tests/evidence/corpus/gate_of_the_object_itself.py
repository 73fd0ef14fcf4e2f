"""Each object has a gate of its own, which one of its methods leaves out; each method was seen for another object.

grade: potential
"""

import threading


class Pool:
    def __init__(self):
        self.a, self.b, self.gate = threading.Lock(), threading.Lock(), threading.Lock()

    def forwards(self):
        with self.a, self.b:
            pass

    def backwards(self):
        with self.gate, self.b, self.a:
            pass


Pool().forwards()
Pool().backwards()
