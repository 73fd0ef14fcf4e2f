"""Two methods of one class in two orders, each seen with an object of its own.

grade: potential
"""

import threading


class Service:
    def __init__(self):
        self.a = threading.Lock()
        self.b = threading.Lock()

    def one(self):
        with self.a, self.b:
            pass

    def two(self):
        with self.b, self.a:
            pass


Service().one()
Service().two()
