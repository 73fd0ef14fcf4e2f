"""A thread is a context: it is started and joined by a with statement under the gate.

grade: excused
because: inherited gate
"""

import threading

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with gate, b, a:
        pass


class Task(threading.Thread):
    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *failed):
        self.join()

    def run(self):
        forwards()


def starter():
    with gate, Task():
        pass


side_by_side(starter, backwards)
